// SPDX-License-Identifier: Apache-2.0
#include "syscall/file_limit.h"

#include <algorithm>
#include <csignal>

namespace rawposix::syscall {
namespace {

Errno too_big(Task& task) {
  static_cast<void>(task.cage().signals().send_to(
      task, signal::sent_info(SIGXFSZ, SI_USER, task.cage().pid(), task.credentials().user.real)));
  return Errno(EFBIG);
}

}  // namespace

Result<uint64_t> limited_write(Task& task, fs::File& file, const int64_t* offset, uint64_t size) {
  if (size == 0) return size;
  const Result<abi::Stat> status = file.status();
  if (!status.ok() || !S_ISREG(status.value().st_mode)) return size;
  int64_t position = status.value().st_size;
  if ((file.flags() & O_APPEND) == 0) {
    position = offset != nullptr ? *offset : TRY(file.seek(0, SEEK_CUR));
  }
  const uint64_t limit = task.cage().file_size_limit();
  const auto start = static_cast<uint64_t>(position);
  if (start >= limit) return too_big(task);
  return std::min(size, limit - start);
}

Result<> limited_size(Task& task, const abi::Stat& file, int64_t size) {
  const auto wanted = static_cast<uint64_t>(size);
  if (S_ISREG(file.st_mode) && size > file.st_size && wanted > task.cage().file_size_limit()) {
    return too_big(task);
  }
  return {};
}

}  // namespace rawposix::syscall
