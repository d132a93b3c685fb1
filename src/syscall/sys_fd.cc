// SPDX-License-Identifier: Apache-2.0
// close(2), close_range(2), dup(2), fcntl(2)
#include <linux/close_range.h>

#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

Result<int64_t> duplicate(Task& task, FdNum fd, uint64_t lowest, uint32_t flags) {
  fs::FileRef file = TRY(task.fds().get(fd));
  if (lowest >= fd_limit(task)) return Errno(EINVAL);
  fs::FdTable::Reservation slot = TRY(reserve_fd(task, flags, static_cast<int>(lowest)));
  return int64_t{std::move(slot).fill(std::move(file))};
}

Result<int64_t> place(Task& task, FdNum fd, FdNum wanted, fs::CloseOnExec close_on_exec) {
  if (wanted.value < 0 || static_cast<uint64_t>(wanted.value) >= fd_limit(task)) {
    return Errno(EBADF);
  }
  fs::FileRef file = TRY(task.fds().get(fd));
  TRY(task.fds().replace(wanted.value, std::move(file), fd_limit(task), close_on_exec));
  return int64_t{wanted.value};
}

// The commands that O_PATH descriptors know.
Result<int64_t> control_descriptor(Task& task, FdNum fd, uint32_t command, uint64_t argument) {
  fs::FdTable& fds = task.fds();
  switch (command) {
    case F_DUPFD:
      return duplicate(task, fd, static_cast<uint32_t>(argument), 0);
    case F_DUPFD_CLOEXEC:
      return duplicate(task, fd, static_cast<uint32_t>(argument), O_CLOEXEC);
    case F_GETFD: {
      fs::CloseOnExec flag = TRY(fds.flag(fd));
      return int64_t{flag == fs::CloseOnExec::kYes ? FD_CLOEXEC : 0};
    }
    case F_SETFD: {
      const bool set = (argument & FD_CLOEXEC) != 0;
      TRY(fds.set_flag(fd, set ? fs::CloseOnExec::kYes : fs::CloseOnExec::kNo));
      return int64_t{0};
    }
    case F_GETFL: {
      fs::FdTable::Borrowed file = TRY(fds.borrow(fd));
      return int64_t{file->flags()};
    }
    default:
      return Errno(ENOSYS);
  }
}

}  // namespace

Result<> sys_close(Task& task, FdNum fd) { return task.fds().close(fd); }

Result<> sys_close_range(Task& task, uint32_t first, uint32_t last, uint32_t flags) {
  if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0) return Errno(EINVAL);
  if (first > last) return Errno(EINVAL);
  // No two cages share a table, so there is nothing to unshare.
  if ((flags & CLOSE_RANGE_CLOEXEC) != 0) {
    task.fds().set_flags(first, last, fs::CloseOnExec::kYes);
  } else {
    task.fds().close_range(first, last);
  }
  return {};
}

Result<int64_t> sys_dup(Task& task, FdNum fd) {
  fs::FileRef file = TRY(task.fds().get(fd));
  fs::FdTable::Reservation slot = TRY(reserve_fd(task, 0));
  return int64_t{std::move(slot).fill(std::move(file))};
}

Result<int64_t> sys_dup2(Task& task, FdNum fd, FdNum wanted) {
  if (fd == wanted) {
    TRY(task.fds().borrow(fd));
    return int64_t{fd.value};
  }
  return place(task, fd, wanted, fs::CloseOnExec::kNo);
}

Result<int64_t> sys_dup3(Task& task, FdNum fd, FdNum wanted, uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(O_CLOEXEC)) != 0 || fd == wanted) return Errno(EINVAL);
  return place(task, fd, wanted, flags != 0 ? fs::CloseOnExec::kYes : fs::CloseOnExec::kNo);
}

Result<int64_t> sys_fcntl(Task& task, FdNum fd, uint32_t command, uint64_t argument) {
  Result<int64_t> simple = control_descriptor(task, fd, command, argument);
  if (simple.ok() || simple.error() != Errno(ENOSYS)) return simple;
  if (is_lock_command(command)) {
    return control_lock(task, fd, command, UserInOut<abi::Flock>(GuestAddr{argument}));
  }
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  switch (command) {
    case F_SETFL:
      TRY(file->set_flags(static_cast<int>(argument)));
      return int64_t{0};
    case F_GETOWN:
    case F_GETSIG:
      return int64_t{0};  // nobody: O_ASYNC can't be set
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ:
    case F_GET_SEALS:
    case F_ADD_SEALS:
      return file->control_pipe(static_cast<int>(command), static_cast<int64_t>(argument));
    default:
      return Errno(EINVAL);
  }
}

}  // namespace rawposix::syscall
