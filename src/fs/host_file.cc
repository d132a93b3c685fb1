// SPDX-License-Identifier: Apache-2.0
#include "fs/host_file.h"

#include <bit>
#include <cstring>

#include "fs/device_control.h"
#include "fs/host_node.h"
#include "host/file.h"

namespace rawposix::fs {
namespace {

// O_ASYNC is left out: its signal would go to the host process.
constexpr int kChangeableFlags = O_APPEND | O_DIRECT | O_NOATIME | O_NONBLOCK;

// Linux's default for /proc/sys/fs/pipe-max-size.
constexpr int64_t kLargestPipe = 1024 * 1024;

host::SyncKind sync_kind(SyncRange range) {
  switch (range) {
    case SyncRange::kData:
      return host::SyncKind::kData;
    case SyncRange::kFileSystem:
      return host::SyncKind::kFileSystem;
    case SyncRange::kAll:
      break;
  }
  return host::SyncKind::kAll;
}

struct flock to_host(const abi::Flock& lock) {
  struct flock host {};
  host.l_type = lock.type;
  host.l_whence = SEEK_SET;
  host.l_start = lock.start;
  host.l_len = lock.length;
  return host;
}

}  // namespace

int HostFile::flags() const { return host::control(fd_.get(), F_GETFL).value_or(0); }

Result<> HostFile::set_flags(int flags) {
  TRY(host::control(fd_.get(), F_SETFL, flags & kChangeableFlags));
  return {};
}

Result<size_t> HostFile::read(sync::Waiter& waiter, Vectors to) {
  return waiter.host_call(
      [&](const host::StopWord& stop) { return host::read(fd_.get(), to, stop); });
}

Result<size_t> HostFile::write(sync::Waiter& waiter, Vectors from) {
  return waiter.host_call(
      [&](const host::StopWord& stop) { return host::write(fd_.get(), from, stop); });
}

Result<size_t> HostFile::read_flagged(sync::Waiter& waiter, Vectors to, int flags) {
  return waiter.host_call(
      [&](const host::StopWord& stop) { return host::read_flagged(fd_.get(), to, flags, stop); });
}

Result<size_t> HostFile::write_flagged(sync::Waiter& waiter, Vectors from, int flags) {
  return waiter.host_call([&](const host::StopWord& stop) {
    return host::write_flagged(fd_.get(), from, flags, stop);
  });
}

Result<size_t> HostFile::read_at(Vectors to, int64_t offset, int flags) {
  return host::read_at(fd_.get(), to, offset, flags);
}

Result<size_t> HostFile::write_at(Vectors from, int64_t offset, int flags) {
  return host::write_at(fd_.get(), from, offset, flags);
}

Result<int64_t> HostFile::seek(int64_t offset, int whence) {
  return host::seek(fd_.get(), offset, whence);
}

Result<> HostFile::truncate(int64_t size) { return host::truncate(fd_.get(), size); }

Result<> HostFile::allocate(int mode, int64_t offset, int64_t size) {
  return host::allocate(fd_.get(), mode, offset, size);
}

Result<> HostFile::sync(SyncRange range) { return host::sync_file(fd_.get(), sync_kind(range)); }

Result<> HostFile::advise(int64_t offset, int64_t size, int advice) {
  return host::advise_file(fd_.get(), offset, size, advice);
}

Result<size_t> HostFile::read_directory(const iovec& records) {
  return host::read_directory(fd_.get(), records);
}

Result<abi::Stat> HostFile::status() {
  if (node_ != nullptr && mount_.kind == MountKind::kEmbedded) return node_->status();
  return host::status(fd_.get());
}

Result<int64_t> HostFile::control_device(sync::Waiter& waiter, uint32_t request,
                                         std::span<std::byte> argument) {
  const DeviceRequest* known = find_device_request(request);
  if (known == nullptr || argument.size() < known->size) return Errno(ENOTTY);
  void* pointer = argument.data();
  // Some requests' argument is a number, not an address.
  if (known->direction == DeviceArgument::kNumber) {
    uint64_t number = 0;
    memcpy(&number, argument.data(), sizeof number);
    pointer = std::bit_cast<void*>(number);
  }
  // Some wait until a terminal has put out what was written to it.
  int outcome = TRY(waiter.host_call([&](const host::StopWord& stop) {
    return host::device_control(fd_.get(), request, pointer, stop);
  }));
  return int64_t{outcome};
}

Result<uint64_t> HostFile::terminal() { return host::terminal_device(fd_.get()); }

Result<int64_t> HostFile::control_pipe(int command, int64_t argument) {
  // More is for privileged processes, which cages are not.
  if (command == F_SETPIPE_SZ && argument > kLargestPipe) return Errno(EPERM);
  int outcome = TRY(host::control(fd_.get(), command, argument));
  return int64_t{outcome};
}

Result<> HostFile::set_lock(const LockOwner& owner, LockScope scope, sync::Waiter* waiter,
                            const abi::Flock& lock) {
  const int access = flags() & abi::kAccessMode;
  if (lock.type == F_RDLCK && access == O_WRONLY) return Errno(EBADF);
  if (lock.type == F_WRLCK && access == O_RDONLY) return Errno(EBADF);
  if (scope == LockScope::kProcess)
    return mount_.space->locks().set(fd_.get(), owner, waiter, lock);
  struct flock host_lock = to_host(lock);
  if (waiter == nullptr) return host::lock_range(fd_.get(), F_OFD_SETLK, host_lock);
  return waiter->host_call(
      [&](const host::StopWord& stop) { return host::wait_for_range(fd_.get(), host_lock, stop); });
}

Result<> HostFile::test_lock(const LockOwner& owner, LockScope scope, abi::Flock& lock) {
  if (scope == LockScope::kProcess) return mount_.space->locks().test(fd_.get(), owner, lock);
  struct flock host_lock = to_host(lock);
  TRY(host::lock_range(fd_.get(), F_OFD_GETLK, host_lock));
  lock.type = host_lock.l_type;
  if (lock.type == F_UNLCK) return {};
  lock.whence = SEEK_SET;
  lock.start = host_lock.l_start;
  lock.length = host_lock.l_len;
  // A process of the host's has no number in here; all locks of cages look like descriptions'.
  lock.pid = host_lock.l_pid == -1 ? -1 : 0;
  return {};
}

Result<> HostFile::lock_whole(sync::Waiter& waiter, int operation) {
  return waiter.host_call(
      [&](const host::StopWord& stop) { return host::lock_whole(fd_.get(), operation, stop); });
}

void HostFile::descriptor_closed(const FdTable& table) {
  mount_.space->locks().drop(fd_.get(), table);
}

NodeRef HostFile::node() {
  if (node_ != nullptr) return node_;
  Result<NodeRef> made = HostNode::of_file(FileRef::share(this), mount_);
  return made.ok() ? std::move(made).value() : nullptr;
}

Result<FileRef> HostFile::reopen(const OpenRequest& request) {
  if (mount_.kind == MountKind::kStream) {
    const int mine = this->flags() & abi::kAccessMode;
    const int wanted = request.flags & abi::kAccessMode;
    const bool reads = wanted != O_WRONLY;
    const bool writes = wanted != O_RDONLY || (request.flags & O_TRUNC) != 0;
    // Linux would ask the file's own permissions; here the description is what was given.
    if ((reads && mine == O_WRONLY) || (writes && mine == O_RDONLY)) return Errno(EACCES);
  }
  NodeRef place = node();
  if (place == nullptr) return Errno(ENXIO);
  return place->open(request);
}

Result<FileRef> PathFile::reopen(const OpenRequest& request) { return node_->open(request); }

}  // namespace rawposix::fs
