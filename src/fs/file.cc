// SPDX-License-Identifier: Apache-2.0
#include "fs/file.h"

#include <linux/fs.h>

#include "fs/node.h"

namespace rawposix::fs {

Result<size_t> File::read(sync::Waiter&, Vectors) { return Errno(EINVAL); }
Result<size_t> File::write(sync::Waiter&, Vectors) { return Errno(EINVAL); }

bool are_idle_transfer_flags(int flags) {
  return (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT)) == 0;
}

Result<size_t> File::read_flagged(sync::Waiter& waiter, Vectors to, int flags) {
  return are_idle_transfer_flags(flags) ? read(waiter, to) : Errno(EOPNOTSUPP);
}
Result<size_t> File::write_flagged(sync::Waiter& waiter, Vectors from, int flags) {
  return are_idle_transfer_flags(flags) ? write(waiter, from) : Errno(EOPNOTSUPP);
}
Result<size_t> File::read_at(Vectors, int64_t, int) { return Errno(ESPIPE); }
Result<size_t> File::write_at(Vectors, int64_t, int) { return Errno(ESPIPE); }
Result<int64_t> File::seek(int64_t, int) { return Errno(ESPIPE); }
Result<> File::truncate(int64_t) { return Errno(EINVAL); }
Result<> File::allocate(int, int64_t, int64_t) { return Errno(ENODEV); }
Result<> File::sync(SyncRange) { return Errno(EINVAL); }
Result<> File::advise(int64_t, int64_t, int) { return Errno(ESPIPE); }
int16_t File::ready(sync::Waiter&, int16_t events) {
  return static_cast<int16_t>(events & (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM));
}
Result<int> File::content_fd() {
  if (host_fd() < 0) return Errno(ENODEV);
  return host_fd();
}

Result<size_t> File::read_directory(const iovec&) { return Errno(ENOTDIR); }

Result<abi::Stat> File::status() {
  NodeRef place = node();
  if (place == nullptr) return Errno(EBADF);
  return place->status();
}

Result<int64_t> File::control_device(sync::Waiter&, uint32_t, std::span<std::byte>) {
  return Errno(ENOTTY);
}
Result<uint64_t> File::terminal() { return Errno(ENOTTY); }
Result<int64_t> File::control_pipe(int, int64_t) { return Errno(EBADF); }

Result<> File::set_lock(const LockOwner&, LockScope, sync::Waiter*, const abi::Flock&) {
  return Errno(EBADF);
}
Result<> File::test_lock(const LockOwner&, LockScope, abi::Flock&) { return Errno(EBADF); }
Result<> File::lock_whole(sync::Waiter&, int) { return Errno(EBADF); }
Result<FileRef> File::reopen(const OpenRequest&) { return Errno(ENXIO); }

}  // namespace rawposix::fs
