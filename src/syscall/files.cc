// SPDX-License-Identifier: Apache-2.0
#include "syscall/files.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>

namespace rawposix::syscall {

Result<std::string> read_path(Task& task, UserString path) {
  return task.memory().copy_string(path, abi::kPathMax);
}

uint64_t fd_limit(Task& task) { return task.cage().limit(RLIMIT_NOFILE).rlim_cur; }

Result<fs::FdTable::Reservation> reserve_fd(Task& task, uint32_t flags, int lowest) {
  auto close_on_exec = (flags & O_CLOEXEC) != 0 ? fs::CloseOnExec::kYes : fs::CloseOnExec::kNo;
  return task.fds().reserve(fd_limit(task), close_on_exec, lowest);
}

Result<TransferVectors> TransferVectors::read(Task& task, UserIn<abi::Iovec> vectors,
                                              uint64_t count) {
  if (count > abi::kIovMax) return Errno(EINVAL);
  std::array<abi::Iovec, 8> few;
  std::vector<abi::Iovec> many;
  std::span<abi::Iovec> guest(few.data(), std::min<size_t>(count, few.size()));
  if (count > few.size()) {
    many.resize(count);
    guest = many;
  }
  TRY(task.memory().copy_in(guest.data(), vectors.addr(), guest.size_bytes()));
  for (const abi::Iovec& vector : guest) {
    if (static_cast<int64_t>(vector.length) < 0) return Errno(EINVAL);
  }
  TransferVectors result;
  if (count > few.size()) result.many_.resize(count);
  std::span<iovec> host(count > few.size() ? result.many_.data() : result.few_.data(), count);
  uint64_t left = fs::kMostTransferred;
  for (size_t i = 0; i < count; i++) {
    host[i] = TRY(transfer_range(task, GuestAddr{guest[i].base}, std::min(guest[i].length, left)));
    // What was cut off is not mapped: nothing after it may be reached.
    left = host[i].iov_len < guest[i].length ? 0 : left - host[i].iov_len;
  }
  if (count <= few.size()) result.few_count_ = count;
  return result;
}

uint64_t TransferVectors::size() const {
  uint64_t size = 0;
  for (const iovec& vector : get()) size += vector.iov_len;
  return size;
}

void TransferVectors::cut(uint64_t size) {
  std::span<iovec> all = many_.empty() ? std::span(few_).first(few_count_) : std::span(many_);
  for (iovec& vector : all) {
    vector.iov_len = std::min(vector.iov_len, size);
    size -= vector.iov_len;
  }
}

// The host's SIGPIPE is blocked; the task gets one of its own.
Result<int64_t> written_count(Task& task, const Result<size_t>& outcome) {
  if (!outcome.ok() && outcome.error() == Errno(EPIPE)) [[unlikely]] {
    static_cast<void>(task.cage().signals().send_to(
        task,
        signal::sent_info(SIGPIPE, SI_USER, task.cage().pid(), task.credentials().user.real)));
  }
  return count_of(outcome);
}

}  // namespace rawposix::syscall
