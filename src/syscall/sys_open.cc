// SPDX-License-Identifier: Apache-2.0
// open(2), creat(2), memfd_create(2), pipe(2)
#include <sys/mman.h>

#include "syscall/terminals.h"

namespace rawposix::syscall {
namespace {

// Bits that open(2) knows; it ignores others. O_LARGEFILE has no effect here, O_ASYNC
// would send signals to the host process.
constexpr uint32_t kOpenFlags = abi::kAccessMode | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
                                O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_DIRECTORY |
                                O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE;
constexpr FdNum kCwd{AT_FDCWD};

// memfd_create(2) counts the NUL and the prefix "memfd:" in NAME_MAX + 1.
constexpr uint64_t kMemoryNameMost = abi::kNameMax + 1 - 6;

}  // namespace

Result<int64_t> sys_openat(Task& task, FdNum directory, UserString path, uint32_t flags,
                           uint32_t mode) {
  std::string name = TRY(read_path(task, path));
  flags &= kOpenFlags;
  fs::FdTable::Reservation slot = TRY(reserve_fd(task, flags));
  fs::FileRef file = TRY(fs::open_at(paths(task), directory, name, static_cast<int>(flags), mode));
  if (file->is_terminal()) TRY(terminal_opened(task, *file, flags));
  return int64_t{std::move(slot).fill(std::move(file))};
}

Result<int64_t> sys_open(Task& task, UserString path, uint32_t flags, uint32_t mode) {
  return sys_openat(task, kCwd, path, flags, mode);
}

Result<int64_t> sys_creat(Task& task, UserString path, uint32_t mode) {
  return sys_openat(task, kCwd, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

Result<int64_t> sys_memfd_create(Task& task, UserString name, uint32_t flags) {
  // No huge pages: Linux would round mappings of them up, past what the cage asked for.
  constexpr uint32_t kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  if ((flags & ~kFlags) != 0) return Errno(EINVAL);
  Result<std::string> text = task.memory().copy_string(name, kMemoryNameMost);
  if (!text.ok()) return text.error() == Errno(ENAMETOOLONG) ? Errno(EINVAL) : text.error();
  uint32_t descriptor_flags = (flags & MFD_CLOEXEC) != 0 ? O_CLOEXEC : 0;
  fs::FdTable::Reservation slot = TRY(reserve_fd(task, descriptor_flags));
  fs::Namespace& space = task.view().space();
  fs::FileRef file = TRY(space.create_memory(text.value().c_str(), flags));
  return int64_t{std::move(slot).fill(std::move(file))};
}

Result<> sys_pipe(Task& task, UserOut<std::array<int32_t, 2>> ends) {
  return sys_pipe2(task, ends, 0);
}

Result<> sys_pipe2(Task& task, UserOut<std::array<int32_t, 2>> ends, uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) != 0) {
    return Errno(EINVAL);
  }
  fs::Namespace& space = task.view().space();
  fs::Namespace::Pipe pipe = TRY(space.create_pipe(static_cast<int>(flags & ~O_CLOEXEC)));
  fs::FdTable::Reservation reader = TRY(reserve_fd(task, flags));
  fs::FdTable::Reservation writer = TRY(reserve_fd(task, flags));
  TRY(task.memory().write(ends, {reader.number(), writer.number()}));
  std::move(reader).fill(std::move(pipe.reader));
  std::move(writer).fill(std::move(pipe.writer));
  return {};
}

}  // namespace rawposix::syscall
