// SPDX-License-Identifier: Apache-2.0
// flock(2) and the record locks of fcntl(2)
#include <sys/file.h>

#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

Result<int64_t> base_of(fs::File& file, int16_t whence) {
  switch (whence) {
    case SEEK_SET:
      return int64_t{0};
    case SEEK_CUR:
      return file.seek(0, SEEK_CUR);
    case SEEK_END: {
      abi::Stat status = TRY(file.status());
      return int64_t{status.st_size};
    }
    default:
      return Errno(EINVAL);
  }
}

// Makes the range relative to the file's start and positive, as Linux's flock_to_posix_lock().
Result<abi::Flock> normalized(fs::File& file, abi::Flock lock) {
  int64_t base = TRY(base_of(file, lock.whence));
  if (__builtin_add_overflow(base, lock.start, &lock.start)) return Errno(EOVERFLOW);
  if (lock.start < 0) return Errno(EINVAL);
  int64_t last = 0;
  if (lock.length > 0) {
    if (__builtin_add_overflow(lock.start, lock.length - 1, &last)) return Errno(EOVERFLOW);
    // A range to the largest offset is one to the file's end.
    if (last == INT64_MAX) lock.length = 0;
  } else if (lock.length < 0) {
    if (lock.start + lock.length < 0) return Errno(EINVAL);
    lock.start += lock.length;
    lock.length = -lock.length;
  }
  lock.whence = SEEK_SET;
  return lock;
}

fs::LockScope scope_of(uint32_t command) {
  const bool description =
      command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW;
  return description ? fs::LockScope::kDescription : fs::LockScope::kProcess;
}

// Another task may have closed the descriptor while this one waited, and so have dropped the
// locks of the cage before this one came to be (Linux's fcntl_setlk() looks again, too).
Result<> confirm(Task& task, FdNum fd, fs::File& file, const fs::LockOwner& owner,
                 abi::Flock lock) {
  Result<fs::FileRef> now = task.fds().get(fd);
  if (now.ok() && now.value().get() == &file) return {};
  lock.type = F_UNLCK;
  TRY(file.set_lock(owner, fs::LockScope::kProcess, nullptr, lock));
  return Errno(EBADF);
}

}  // namespace

bool is_lock_command(uint32_t command) {
  switch (command) {
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return true;
    default:
      return false;
  }
}

Result<int64_t> control_lock(Task& task, FdNum fd, uint32_t command,
                             UserInOut<abi::Flock> argument) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  abi::Flock wanted = TRY(task.memory().read(argument));
  const fs::LockScope scope = scope_of(command);
  if (scope == fs::LockScope::kDescription && wanted.pid != 0) return Errno(EINVAL);
  const bool tests = command == F_GETLK || command == F_OFD_GETLK;
  const bool locks = wanted.type == F_RDLCK || wanted.type == F_WRLCK;
  if (!locks && (wanted.type != F_UNLCK || (tests && scope == fs::LockScope::kProcess))) {
    return Errno(EINVAL);
  }
  abi::Flock lock = TRY(normalized(*file, wanted));
  fs::LockOwner owner{&task.fds(), task.cage().pid()};
  if (tests) {
    TRY(file->test_lock(owner, scope, lock));
    // Without a conflict only the type changes.
    if (lock.type == F_UNLCK) {
      wanted.type = F_UNLCK;
      lock = wanted;
    }
    TRY(task.memory().write(argument, lock));
    return int64_t{0};
  }
  const bool waits = command == F_SETLKW || command == F_OFD_SETLKW;
  TRY(file->set_lock(owner, scope, waits ? &task.waiter() : nullptr, lock));
  if (scope == fs::LockScope::kProcess && locks) TRY(confirm(task, fd, *file, owner, lock));
  return int64_t{0};
}

Result<> sys_flock(Task& task, FdNum fd, uint32_t operation) {
  switch (operation & ~static_cast<uint32_t>(LOCK_NB)) {
    case LOCK_SH:
    case LOCK_EX:
    case LOCK_UN:
      break;
    default:
      return Errno(EINVAL);
  }
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  return file->lock_whole(task.waiter(), static_cast<int>(operation));
}

}  // namespace rawposix::syscall
