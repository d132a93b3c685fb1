// SPDX-License-Identifier: Apache-2.0
#include "fs/mem_file.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

#include "fs/host_file.h"
#include "fs/vector_cursor.h"
#include "host/file.h"
#include "sfi/layout.h"

namespace rawposix::fs {
namespace {

constexpr int kChangeableFlags = O_APPEND | O_NOATIME | O_NONBLOCK;
constexpr int kOpenFlags =
    abi::kAccessMode | O_APPEND | O_DSYNC | O_SYNC | O_NOATIME | O_NONBLOCK | O_NOFOLLOW;

bool later(const timespec& a, const timespec& b) {
  return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

}  // namespace

MemFile::MemFile(MemFs& fs, mode_t mode, std::shared_ptr<Quota> pages)
    : MemNode(fs, S_IFREG | mode), content_(std::move(pages), fs.mount().space->descriptors()) {}

FileRef MemFile::open_as_maker(int flags) {
  return make_file<MemOpenFile>(std::static_pointer_cast<MemFile>(shared_from_this()), flags);
}

Result<FileRef> MemFile::open(const OpenRequest& request) {
  const int access = request.flags & abi::kAccessMode;
  const bool truncates = (request.flags & O_TRUNC) != 0;
  int wanted = access != O_WRONLY ? R_OK : 0;
  if (access != O_RDONLY || truncates) wanted |= W_OK;
  TRY(check_mode(wanted));
  if ((request.flags & O_NOATIME) != 0) TRY(check_owner());
  if (truncates) TRY(content_.truncate(0));
  return open_as_maker(request.flags);
}

Result<abi::Stat> MemFile::status() {
  const MemContent::Times times = content_.times();
  const uint64_t size = content_.size();
  abi::Stat status = TRY(MemNode::status());
  status.st_size = static_cast<off_t>(size);
  status.st_blocks = static_cast<blkcnt_t>(sfi::page_up(size) / 512);
  status.st_atim = times.access;
  status.st_mtim = times.modification;
  if (later(times.change, status.st_ctim)) status.st_ctim = times.change;
  return status;
}

Result<> MemFile::set_times(const timespec times[2]) {
  TRY(check_owner());
  content_.set_times(times);
  return {};
}

Result<> MemFile::truncate(int64_t size) {
  TRY(check_mode(W_OK));
  return content_.truncate(static_cast<uint64_t>(size));
}

MemOpenFile::MemOpenFile(std::shared_ptr<MemFile> node, int flags)
    : node_(std::move(node)), flags_((flags & kOpenFlags) | abi::kOpenLargeFile) {}

Result<> MemOpenFile::set_flags(int flags) {
  if ((flags & O_DIRECT) != 0) return Errno(EINVAL);
  flags_.store((this->flags() & ~kChangeableFlags) | (flags & kChangeableFlags),
               std::memory_order_relaxed);
  return {};
}

void MemOpenFile::note_read() {
  if ((flags() & O_NOATIME) == 0) content().touch_access();
}

Result<size_t> MemOpenFile::read_here(Vectors to) {
  if (!reads()) return Errno(EBADF);
  const auto wanted = static_cast<int64_t>(VectorCursor(to).left());
  const auto size = static_cast<int64_t>(content().size());
  int64_t start = position_.load();
  int64_t end;
  do {
    end = start < size ? start + std::min(wanted, size - start) : start;
  } while (!position_.compare_exchange_weak(start, end));
  Result<size_t> count = content().read(to, static_cast<uint64_t>(start));
  // Less, or an error: unless somebody went on meanwhile, the rest is read the next time.
  const int64_t reached = start + static_cast<int64_t>(count.value_or(0));
  if (reached != end) position_.compare_exchange_strong(end, reached);
  if (count.ok()) note_read();
  return count;
}

Result<size_t> MemOpenFile::append_here(Vectors from) {
  uint64_t end = 0;
  Result<size_t> count = content().append(from, end);
  if (count.ok()) position_.store(static_cast<int64_t>(end));
  return count;
}

Result<size_t> MemOpenFile::write_flagged(sync::Waiter&, Vectors from, int flags) {
  if (!writes()) return Errno(EBADF);
  if (!are_idle_transfer_flags(flags & ~RWF_APPEND)) return Errno(EOPNOTSUPP);
  return (flags & RWF_APPEND) != 0 ? append_here(from) : write_here(from);
}

Result<size_t> MemOpenFile::write_here(Vectors from) {
  if (!writes()) return Errno(EBADF);
  if ((flags() & O_APPEND) != 0) return append_here(from);
  const auto wanted = static_cast<int64_t>(VectorCursor(from).left());
  int64_t start = position_.load();
  int64_t end = start;
  do {
    if (__builtin_add_overflow(start, wanted, &end)) return Errno(EFBIG);
  } while (!position_.compare_exchange_weak(start, end));
  Result<size_t> count = content().write(from, static_cast<uint64_t>(start));
  const int64_t reached = start + static_cast<int64_t>(count.value_or(0));
  if (reached != end) position_.compare_exchange_strong(end, reached);
  return count;
}

Result<size_t> MemOpenFile::read_at(Vectors to, int64_t offset, int flags) {
  if (!reads()) return Errno(EBADF);
  if (!are_idle_transfer_flags(flags)) return Errno(EOPNOTSUPP);
  Result<size_t> count = content().read(to, static_cast<uint64_t>(offset));
  if (count.ok()) note_read();
  return count;
}

Result<size_t> MemOpenFile::write_at(Vectors from, int64_t offset, int flags) {
  if (!writes()) return Errno(EBADF);
  if (!are_idle_transfer_flags(flags & ~RWF_APPEND)) return Errno(EOPNOTSUPP);
  // On Linux O_APPEND appends whatever the offset (man 2 pwrite, BUGS).
  if ((flags & RWF_APPEND) != 0 || (this->flags() & O_APPEND) != 0) {
    uint64_t end = 0;
    return content().append(from, end);
  }
  return content().write(from, static_cast<uint64_t>(offset));
}

Result<int64_t> MemOpenFile::seek(int64_t offset, int whence) {
  switch (whence) {
    case SEEK_SET:
      break;
    case SEEK_CUR:
      if (__builtin_add_overflow(offset, position_.load(), &offset)) return Errno(EOVERFLOW);
      break;
    case SEEK_END: {
      const auto size = static_cast<int64_t>(content().size());
      if (__builtin_add_overflow(offset, size, &offset)) return Errno(EOVERFLOW);
      break;
    }
    case SEEK_DATA:
    case SEEK_HOLE:
      offset = TRY(content().seek(offset, whence));
      break;
    default:
      return Errno(EINVAL);
  }
  if (offset < 0) return Errno(EINVAL);
  position_.store(offset);
  return offset;
}

Result<> MemOpenFile::truncate(int64_t size) {
  if (!writes()) return Errno(EINVAL);
  return content().truncate(static_cast<uint64_t>(size));
}

Result<> MemOpenFile::allocate(int mode, int64_t offset, int64_t size) {
  if (offset < 0 || size <= 0) return Errno(EINVAL);
  if (!writes()) return Errno(EBADF);
  if (size > INT64_MAX - offset) return Errno(EFBIG);
  return content().allocate(mode, static_cast<uint64_t>(offset), static_cast<uint64_t>(size));
}

Result<> MemOpenFile::advise(int64_t, int64_t size, int advice) {
  if (size < 0) return Errno(EINVAL);
  const bool known = advice >= POSIX_FADV_NORMAL && advice <= POSIX_FADV_NOREUSE;
  if (!known) return Errno(EINVAL);
  return {};
}

Result<int64_t> MemOpenFile::control_device(sync::Waiter&, uint32_t request,
                                            std::span<std::byte> argument) {
  int value = 0;
  if (request == FIONREAD) {
    value = static_cast<int>(static_cast<int64_t>(content().size()) - position_.load());
  } else if (request == FIGETBSZ) {
    value = static_cast<int>(sfi::kPageSize);
  } else {
    return Errno(ENOTTY);
  }
  CHECK(argument.size() >= sizeof value);
  std::memcpy(argument.data(), &value, sizeof value);
  return int64_t{0};
}

// Seals (man 2 fcntl); a file that isn't memfd_create()'s has F_SEAL_SEAL, as on tmpfs.
Result<int64_t> MemOpenFile::control_pipe(int command, int64_t argument) {
  if (command != F_GET_SEALS && command != F_ADD_SEALS) return Errno(EBADF);
  if (command == F_ADD_SEALS && !writes()) return Errno(EPERM);
  const int file = content().descriptor_if_any();
  if (file >= 0) {
    int outcome = TRY(host::control(file, command, argument));
    return int64_t{outcome};
  }
  if (command == F_ADD_SEALS) return Errno(EPERM);
  return int64_t{F_SEAL_SEAL};
}

Result<HostFile*> MemOpenFile::for_locks() {
  Result<int> content = node_->content().descriptor();
  if (!content.ok()) return Errno(ENOLCK);
  MutexLock lock(mutex_);
  if (!for_locks_) {
    Result<CountedFd> own = node_->mount().space->descriptors().open(
        [&] { return host::reopen(content.value(), flags() & abi::kAccessMode); });
    if (!own.ok()) return Errno(ENOLCK);
    for_locks_ = make_file<HostFile>(std::move(own).value(), node_->mount(), node_);
  }
  return static_cast<HostFile*>(for_locks_.get());
}

Result<> MemOpenFile::set_lock(const LockOwner& owner, LockScope scope, sync::Waiter* waiter,
                               const abi::Flock& lock) {
  HostFile* file = TRY(for_locks());
  return file->set_lock(owner, scope, waiter, lock);
}

Result<> MemOpenFile::test_lock(const LockOwner& owner, LockScope scope, abi::Flock& lock) {
  HostFile* file = TRY(for_locks());
  return file->test_lock(owner, scope, lock);
}

Result<> MemOpenFile::lock_whole(sync::Waiter& waiter, int operation) {
  HostFile* file = TRY(for_locks());
  return file->lock_whole(waiter, operation);
}

void MemOpenFile::descriptor_closed(const FdTable& table) {
  const int file = content().descriptor_if_any();
  if (file >= 0) node_->mount().space->locks().drop(file, table);
}

Result<FileRef> MemOpenFile::reopen(const OpenRequest& request) { return node_->open(request); }

}  // namespace rawposix::fs
