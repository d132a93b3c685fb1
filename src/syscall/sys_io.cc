// SPDX-License-Identifier: Apache-2.0
// read(2), write(2), pread(2), pwrite(2), readv(2) and its kin, sendfile(2), copy_file_range(2),
// splice(2)
#include <fcntl.h>
#include <sys/stat.h>

#include "fs/file_copy.h"
#include "syscall/file_limit.h"
#include "syscall/terminals.h"

namespace rawposix::syscall {
namespace {

// preadv2() with this offset is readv() with flags.
constexpr int64_t kOwnOffset = -1;

constexpr uint32_t kSpliceFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;

// data_file() without a Result in the way, for the four calls that programs make most.
bool holds_data(const fs::FdTable::Borrowed& file) { return file && !file->is_path(); }

Result<bool> is_pipe(fs::File& file) {
  abi::Stat status = TRY(file.status());
  return S_ISFIFO(status.st_mode);
}

}  // namespace

Result<int64_t> sys_read(Task& task, FdNum fd, GuestAddr buffer, uint64_t size) {
  fs::FdTable::Borrowed file = task.fds().try_borrow(fd);
  if (!holds_data(file)) return Errno(EBADF);
  if (file->is_terminal()) [[unlikely]]
    TRY(check_terminal_read(task, *file));
  iovec to = TRY(transfer_range(task, buffer, size));
  return count_of(file->read(task.waiter(), {&to, 1}));
}

Result<int64_t> sys_write(Task& task, FdNum fd, GuestAddr buffer, uint64_t size) {
  fs::FdTable::Borrowed file = task.fds().try_borrow(fd);
  if (!holds_data(file)) return Errno(EBADF);
  if (file->is_terminal()) [[unlikely]]
    TRY(check_terminal_write(task, *file));
  iovec from = TRY(transfer_range(task, buffer, size));
  from.iov_len = TRY(may_write(task, *file, nullptr, from.iov_len));
  return written_count(task, file->write(task.waiter(), {&from, 1}));
}

// A negative offset is refused before the descriptor is looked at.
Result<int64_t> sys_pread64(Task& task, FdNum fd, GuestAddr buffer, uint64_t size, int64_t offset) {
  if (offset < 0) return Errno(EINVAL);
  fs::FdTable::Borrowed file = task.fds().try_borrow(fd);
  if (!holds_data(file)) return Errno(EBADF);
  iovec to = TRY(transfer_range(task, buffer, size));
  return count_of(file->read_at({&to, 1}, offset, 0));
}

Result<int64_t> sys_pwrite64(Task& task, FdNum fd, GuestAddr buffer, uint64_t size,
                             int64_t offset) {
  if (offset < 0) return Errno(EINVAL);
  fs::FdTable::Borrowed file = task.fds().try_borrow(fd);
  if (!holds_data(file)) return Errno(EBADF);
  iovec from = TRY(transfer_range(task, buffer, size));
  from.iov_len = TRY(may_write(task, *file, &offset, from.iov_len));
  return written_count(task, file->write_at({&from, 1}, offset, 0));
}

Result<int64_t> sys_readv(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (file->is_terminal()) [[unlikely]]
    TRY(check_terminal_read(task, *file));
  TransferVectors to = TRY(TransferVectors::read(task, vectors, count));
  return count_of(file->read(task.waiter(), to.get()));
}

Result<int64_t> sys_writev(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (file->is_terminal()) [[unlikely]]
    TRY(check_terminal_write(task, *file));
  TransferVectors from = TRY(TransferVectors::read(task, vectors, count));
  TRY(cut_to_limit(task, *file, nullptr, from));
  return written_count(task, file->write(task.waiter(), from.get()));
}

Result<int64_t> sys_preadv(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                           int64_t offset) {
  if (offset < 0) return Errno(EINVAL);
  return sys_preadv2(task, fd, vectors, count, offset, 0, 0);
}

Result<int64_t> sys_pwritev(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                            int64_t offset) {
  if (offset < 0) return Errno(EINVAL);
  return sys_pwritev2(task, fd, vectors, count, offset, 0, 0);
}

Result<int64_t> sys_preadv2(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                            int64_t offset, uint64_t, uint32_t flags) {
  if (offset == kOwnOffset && flags == 0) return sys_readv(task, fd, vectors, count);
  if (offset < kOwnOffset) return Errno(EINVAL);
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (file->is_terminal() && offset == kOwnOffset) TRY(check_terminal_read(task, *file));
  TransferVectors to = TRY(TransferVectors::read(task, vectors, count));
  if (offset == kOwnOffset) {
    return count_of(file->read_flagged(task.waiter(), to.get(), static_cast<int>(flags)));
  }
  return count_of(file->read_at(to.get(), offset, static_cast<int>(flags)));
}

Result<int64_t> sys_pwritev2(Task& task, FdNum fd, UserIn<abi::Iovec> vectors, uint64_t count,
                             int64_t offset, uint64_t, uint32_t flags) {
  if (offset == kOwnOffset && flags == 0) return sys_writev(task, fd, vectors, count);
  if (offset < kOwnOffset) return Errno(EINVAL);
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (file->is_terminal() && offset == kOwnOffset) TRY(check_terminal_write(task, *file));
  TransferVectors from = TRY(TransferVectors::read(task, vectors, count));
  TRY(cut_to_limit(task, *file, offset == kOwnOffset ? nullptr : &offset, from));
  if (offset == kOwnOffset) {
    return written_count(task,
                         file->write_flagged(task.waiter(), from.get(), static_cast<int>(flags)));
  }
  return written_count(task, file->write_at(from.get(), offset, static_cast<int>(flags)));
}

Result<int64_t> sys_sendfile(Task& task, FdNum to, FdNum from, UserInOut<int64_t> offset,
                             uint64_t size) {
  int64_t position = 0;
  if (!offset.is_null()) position = TRY(task.memory().read(offset));
  fs::FdTable::Borrowed source = TRY(data_file(task, from));
  fs::FdTable::Borrowed target = TRY(data_file(task, to));
  int64_t* from_offset = offset.is_null() ? nullptr : &position;
  size = TRY(may_write(task, *target, nullptr, size));
  Result<size_t> sent = fs::send_file(task.waiter(), *target, *source, from_offset, size);
  TRY(task.memory().write_if(offset, position));
  return written_count(task, sent);
}

Result<int64_t> sys_copy_file_range(Task& task, FdNum from, UserInOut<int64_t> from_offset,
                                    FdNum to, UserInOut<int64_t> to_offset, uint64_t size,
                                    uint32_t flags) {
  fs::FdTable::Borrowed source = TRY(data_file(task, from));
  fs::FdTable::Borrowed target = TRY(data_file(task, to));
  int64_t position_in = 0;
  int64_t position_out = 0;
  if (!from_offset.is_null()) position_in = TRY(task.memory().read(from_offset));
  if (!to_offset.is_null()) position_out = TRY(task.memory().read(to_offset));
  if (flags != 0) return Errno(EINVAL);
  size = TRY(may_write(task, *target, to_offset.is_null() ? nullptr : &position_out, size));
  Result<size_t> copied =
      fs::copy_range(task.waiter(), *source, from_offset.is_null() ? nullptr : &position_in,
                     *target, to_offset.is_null() ? nullptr : &position_out, size);
  if (!copied.ok()) return copied.error();
  TRY(task.memory().write_if(from_offset, position_in));
  TRY(task.memory().write_if(to_offset, position_out));
  return count_of(copied);
}

Result<int64_t> sys_splice(Task& task, FdNum from, UserInOut<int64_t> from_offset, FdNum to,
                           UserInOut<int64_t> to_offset, uint64_t size, uint32_t flags) {
  if (size == 0) return 0;
  if ((flags & ~kSpliceFlags) != 0) return Errno(EINVAL);
  fs::FdTable::Borrowed source = TRY(data_file(task, from));
  fs::FdTable::Borrowed target = TRY(data_file(task, to));
  if (!from_offset.is_null() && TRY(is_pipe(*source))) return Errno(ESPIPE);
  if (!to_offset.is_null() && TRY(is_pipe(*target))) return Errno(ESPIPE);
  int64_t position_out = 0;
  int64_t position_in = 0;
  if (!to_offset.is_null()) position_out = TRY(task.memory().read(to_offset));
  if (!from_offset.is_null()) position_in = TRY(task.memory().read(from_offset));
  size = TRY(may_write(task, *target, to_offset.is_null() ? nullptr : &position_out, size));
  Result<size_t> moved =
      fs::splice(task.waiter(), *source, from_offset.is_null() ? nullptr : &position_in, *target,
                 to_offset.is_null() ? nullptr : &position_out, size, flags);
  if (moved.ok()) {
    TRY(task.memory().write_if(to_offset, position_out));
    TRY(task.memory().write_if(from_offset, position_in));
  }
  return written_count(task, moved);
}

}  // namespace rawposix::syscall
