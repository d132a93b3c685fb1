// SPDX-License-Identifier: Apache-2.0
// What the handlers of calls on files have in common.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "abi/uio.h"
#include "fs/tree.h"
#include "sfi/layout.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {

// A descriptor whose data is wanted: EBADF also for those that only name a file (O_PATH).
inline Result<fs::FdTable::Borrowed> data_file(Task& task, FdNum fd) {
  fs::FdTable::Borrowed file = task.fds().try_borrow(fd);
  if (!file || file->is_path()) return Errno(EBADF);
  return file;
}

inline fs::PathContext paths(Task& task) {
  return {task.view(), task.fds(), &task, &task.waiter()};
}

// ENAMETOOLONG, EFAULT.
Result<std::string> read_path(Task& task, UserString path);

// Takes the lowest free number, for a call whose flags may contain O_CLOEXEC. EMFILE.
Result<fs::FdTable::Reservation> reserve_fd(Task& task, uint32_t flags, int lowest = 0);
uint64_t fd_limit(Task& task);

// The part of a guest buffer that one transfer may use, for Linux to read or write. EFAULT for
// sizes that no buffer has. Linux looks at a buffer only when it gets there: a bad address is no
// error at the end of a file, and only ends a transfer that has begun. So one that can't be the
// cage's becomes one in the guard at the slot's start, where nothing is ever mapped.
inline Result<iovec> transfer_range(Task& task, GuestAddr buffer, uint64_t size) {
  if (static_cast<int64_t>(size) < 0) return Errno(EFAULT);
  size = std::min(size, fs::kMostTransferred);
  std::byte* base = task.memory().base();
  if (buffer.value < sfi::kGuestStart || buffer.value >= sfi::kGuestEnd) {
    return iovec{base, std::min(size, sfi::kGuardSize)};
  }
  return iovec{base + buffer.value, std::min(size, sfi::kGuestEnd - buffer.value)};
}

// The buffers of readv() and its kind, in host addresses. EINVAL, EFAULT.
class TransferVectors {
 public:
  static Result<TransferVectors> read(Task& task, UserIn<abi::Iovec> vectors, uint64_t count);
  std::span<const iovec> get() const {
    return many_.empty() ? std::span(few_).first(few_count_) : std::span(many_);
  }
  uint64_t size() const;
  // Leaves the first `size` bytes.
  void cut(uint64_t size);

 private:
  std::array<iovec, 8> few_{};
  size_t few_count_ = 0;
  std::vector<iovec> many_;
};

// For a transfer's result. A write to a pipe that nobody reads ends the cage as SIGPIPE does.
inline Result<int64_t> count_of(const Result<size_t>& outcome) {
  if (!outcome.ok()) [[unlikely]]
    return outcome.error();
  return static_cast<int64_t>(outcome.value());
}
Result<int64_t> written_count(Task& task, const Result<size_t>& outcome);

}  // namespace rawposix::syscall
