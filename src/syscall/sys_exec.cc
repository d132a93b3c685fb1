// SPDX-License-Identifier: Apache-2.0
// execve(2), execveat(2)
#include <sys/resource.h>

#include <algorithm>

#include "cage/exec.h"
#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

constexpr size_t kLongestString = 32 * sfi::kPageSize;  // MAX_ARG_STRLEN
constexpr uint64_t kLeastRoom = kLongestString;         // ARG_MAX
constexpr uint64_t kMostRoom = 6 * 1024 * 1024;         // three quarters of _STK_LIM

// Bytes that strings and the pointers to them may take (fs/exec.c, bprm_stack_limits()).
uint64_t room_for_strings(Task& task) {
  uint64_t quarter = task.cage().limit(RLIMIT_STACK).rlim_cur / 4;
  return std::clamp(quarter, kLeastRoom, kMostRoom);
}

Result<std::vector<std::string>> read_strings(Task& task, UserIn<uint64_t> list, uint64_t& room) {
  std::vector<std::string> strings;
  if (list.is_null()) return strings;
  while (true) {
    uint64_t address = TRY(task.memory().read(list.element(strings.size())));
    if (address == 0) return strings;
    Result<std::string> text =
        task.memory().copy_string(UserString{GuestAddr{address}}, kLongestString);
    if (!text.ok()) return text.error() == Errno(ENAMETOOLONG) ? Errno(E2BIG) : text.error();
    uint64_t taken = text.value().size() + 1 + sizeof(uint64_t);
    if (taken > room) return Errno(E2BIG);
    room -= taken;
    strings.push_back(std::move(text).value());
  }
}

Result<Replaced> execute(Task& task, cage::ExecRequest request, UserIn<uint64_t> arguments,
                         UserIn<uint64_t> environment) {
  uint64_t room = room_for_strings(task);
  request.arguments = TRY(read_strings(task, arguments, room));
  request.environment = TRY(read_strings(task, environment, room));
  // A program can rely on an argv[0] (Linux 5.18).
  if (request.arguments.empty()) request.arguments.emplace_back();
  TRY(cage::exec(task, std::move(request)));
  return Replaced();
}

}  // namespace

Result<Replaced> sys_execve(Task& task, UserString path, UserIn<uint64_t> arguments,
                            UserIn<uint64_t> environment) {
  std::string name = TRY(read_path(task, path));
  return execute(task, {.path = std::move(name), .arguments = {}, .environment = {}}, arguments,
                 environment);
}

Result<Replaced> sys_execveat(Task& task, FdNum directory, UserString path,
                              UserIn<uint64_t> arguments, UserIn<uint64_t> environment,
                              uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) != 0) {
    return Errno(EINVAL);
  }
  std::string name = TRY(read_path(task, path));
  return execute(task,
                 {.directory = directory,
                  .path = std::move(name),
                  .flags = static_cast<int>(flags),
                  .arguments = {},
                  .environment = {}},
                 arguments, environment);
}

}  // namespace rawposix::syscall
