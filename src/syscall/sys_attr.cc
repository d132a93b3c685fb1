// SPDX-License-Identifier: Apache-2.0
// chmod(2), chown(2), utime(2), utimensat(2)
#include <sys/stat.h>

#include <optional>

#include "host/clock.h"
#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

using Empty = fs::PathContext::Empty;
constexpr FdNum kCwd{AT_FDCWD};
constexpr int64_t kMicrosecondsPerSecond = 1'000'000;

using Times = std::array<timespec, 2>;

// A node whose attributes are about to change.
Result<fs::NodeRef> changeable(Task& task, FdNum directory, UserString path, uint32_t flags) {
  std::string name = TRY(read_path(task, path));
  fs::Follow follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? fs::Follow::kNo : fs::Follow::kYes;
  Empty empty = (flags & AT_EMPTY_PATH) != 0 ? Empty::kAllowed : Empty::kRefused;
  fs::NodeRef node = TRY(paths(task).find(directory, name, follow, empty));
  TRY(fs::check_writable(*node));
  return node;
}

Result<fs::NodeRef> changeable(Task& task, FdNum fd) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  fs::NodeRef node = file->node();
  if (node == nullptr) return Errno(EPERM);
  TRY(fs::check_writable(*node));
  return node;
}

bool is_valid(const timespec& time) {
  if (time.tv_nsec == UTIME_NOW || time.tv_nsec == UTIME_OMIT) return true;
  return time.tv_nsec >= 0 && time.tv_nsec < host::kNanosecondsPerSecond;
}

Result<Times> from_microseconds(const std::array<timeval, 2>& times) {
  Times precise{};
  for (size_t i = 0; i < times.size(); i++) {
    if (times[i].tv_usec < 0 || times[i].tv_usec >= kMicrosecondsPerSecond) return Errno(EINVAL);
    precise[i] = {times[i].tv_sec, times[i].tv_usec * 1000};
  }
  return precise;
}

Result<> set_times(fs::Node& node, const std::optional<Times>& times) {
  return node.set_times(times ? times->data() : nullptr);
}

}  // namespace

Result<> sys_fchmodat2(Task& task, FdNum directory, UserString path, uint32_t mode,
                       uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
    return Errno(EINVAL);
  }
  fs::NodeRef node = TRY(changeable(task, directory, path, flags));
  return node->set_mode(mode & 07777);
}

Result<> sys_fchmodat(Task& task, FdNum directory, UserString path, uint32_t mode) {
  return sys_fchmodat2(task, directory, path, mode, 0);
}

Result<> sys_chmod(Task& task, UserString path, uint32_t mode) {
  return sys_fchmodat2(task, kCwd, path, mode, 0);
}

Result<> sys_fchmod(Task& task, FdNum fd, uint32_t mode) {
  fs::NodeRef node = TRY(changeable(task, fd));
  return node->set_mode(mode & 07777);
}

Result<> sys_fchownat(Task& task, FdNum directory, UserString path, uint32_t user, uint32_t group,
                      uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
    return Errno(EINVAL);
  }
  fs::NodeRef node = TRY(changeable(task, directory, path, flags));
  return node->set_owner(user, group);
}

Result<> sys_chown(Task& task, UserString path, uint32_t user, uint32_t group) {
  return sys_fchownat(task, kCwd, path, user, group, 0);
}

Result<> sys_lchown(Task& task, UserString path, uint32_t user, uint32_t group) {
  return sys_fchownat(task, kCwd, path, user, group, AT_SYMLINK_NOFOLLOW);
}

Result<> sys_fchown(Task& task, FdNum fd, uint32_t user, uint32_t group) {
  fs::NodeRef node = TRY(changeable(task, fd));
  return node->set_owner(user, group);
}

Result<> sys_utimensat(Task& task, FdNum directory, UserString path,
                       UserIn<std::array<timespec, 2>> times, uint32_t flags) {
  std::optional<Times> wanted;
  if (!times.is_null()) {
    wanted = TRY(task.memory().read(times));
    const Times& pair = *wanted;
    if (pair[0].tv_nsec == UTIME_OMIT && pair[1].tv_nsec == UTIME_OMIT) return {};
    if (!is_valid(pair[0]) || !is_valid(pair[1])) return Errno(EINVAL);
  }
  // futimens() of the C library: no path at all.
  if (path.addr.is_null() && directory != kCwd) {
    if (flags != 0) return Errno(EINVAL);
    fs::NodeRef node = TRY(changeable(task, directory));
    return set_times(*node, wanted);
  }
  if ((flags & ~static_cast<uint32_t>(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) {
    return Errno(EINVAL);
  }
  fs::NodeRef node = TRY(changeable(task, directory, path, flags));
  return set_times(*node, wanted);
}

Result<> sys_futimesat(Task& task, FdNum directory, UserString path,
                       UserIn<std::array<timeval, 2>> times) {
  std::optional<Times> wanted;
  if (!times.is_null()) {
    std::array<timeval, 2> coarse = TRY(task.memory().read(times));
    wanted = TRY(from_microseconds(coarse));
  }
  if (path.addr.is_null() && directory != kCwd) {
    fs::NodeRef node = TRY(changeable(task, directory));
    return set_times(*node, wanted);
  }
  fs::NodeRef node = TRY(changeable(task, directory, path, 0));
  return set_times(*node, wanted);
}

Result<> sys_utimes(Task& task, UserString path, UserIn<std::array<timeval, 2>> times) {
  return sys_futimesat(task, kCwd, path, times);
}

Result<> sys_utime(Task& task, UserString path, UserIn<utimbuf> times) {
  std::optional<Times> wanted;
  if (!times.is_null()) {
    utimbuf coarse = TRY(task.memory().read(times));
    wanted = Times{timespec{coarse.actime, 0}, timespec{coarse.modtime, 0}};
  }
  fs::NodeRef node = TRY(changeable(task, kCwd, path, 0));
  return set_times(*node, wanted);
}

}  // namespace rawposix::syscall
