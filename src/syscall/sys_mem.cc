// SPDX-License-Identifier: Apache-2.0
// mmap(2), munmap(2), mprotect(2), mremap(2), brk(2), madvise(2), msync(2), mincore(2), mlock(2)
#include <sys/mman.h>

#include <memory>
#include <optional>
#include <utility>

#include "fs/descriptor_node.h"
#include "fs/host_class.h"
#include "sfi/layout.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

// PROT_ and MAP_ arguments are longs whose upper halves Linux ignores or refuses; no valid bit lies
// there.
struct OpenFileOwner {
  fs::FileRef file;
};

int access_of(const fs::File& file) {
  switch (file.flags() & abi::kAccessMode) {
    case O_RDONLY:
      return PROT_READ;
    case O_WRONLY:
      return PROT_WRITE;
    default:
      return PROT_READ | PROT_WRITE;
  }
}

Result<mm::FileSource> source_of(Task& task, FdNum fd) {
  fs::FileRef file = TRY(task.fds().get(fd));
  if (file->is_path()) return Errno(EBADF);
  mm::FileSource source;
  source.access = access_of(*file);
  abi::Stat status = TRY(file->status());
  if (!fs::is_mappable(status.st_mode, status.st_rdev)) return source;
  auto mapped = std::make_shared<mm::MappedFile>();
  mapped->host_fd = TRY(file->content_fd());
  mapped->device = status.st_dev;
  mapped->inode = status.st_ino;
  mapped->find_name = [open = file.get()] { return fs::shown_name(*open); };
  mapped->owner = std::make_shared<OpenFileOwner>(OpenFileOwner{std::move(file)});
  source.file = std::move(mapped);
  return source;
}

}  // namespace

Result<int64_t> sys_mmap(Task& task, GuestAddr address, uint64_t size, uint32_t protection,
                         uint32_t flags, FdNum fd, uint64_t offset) {
  if (offset % sfi::kPageSize != 0) return Errno(EINVAL);
  mm::MapRequest request{address,      size,  static_cast<int>(protection), static_cast<int>(flags),
                         std::nullopt, offset};
  if ((flags & MAP_ANONYMOUS) == 0) request.source = TRY(source_of(task, fd));
  GuestAddr mapped = TRY(task.cage().address_space().mmap(request));
  return static_cast<int64_t>(mapped.value);
}

Result<> sys_munmap(Task& task, GuestAddr address, uint64_t size) {
  return task.cage().address_space().munmap(address, size);
}

Result<> sys_mprotect(Task& task, GuestAddr address, uint64_t size, uint32_t protection) {
  return task.cage().address_space().mprotect(address, size, static_cast<int>(protection));
}

Result<int64_t> sys_mremap(Task& task, GuestAddr old_address, uint64_t old_size, uint64_t new_size,
                           uint32_t flags, GuestAddr new_address) {
  GuestAddr moved = TRY(task.cage().address_space().mremap(old_address, old_size, new_size,
                                                           static_cast<int>(flags), new_address));
  return static_cast<int64_t>(moved.value);
}

Result<int64_t> sys_brk(Task& task, GuestAddr wanted) {
  return static_cast<int64_t>(task.cage().address_space().brk(wanted).value);
}

Result<> sys_madvise(Task& task, GuestAddr address, uint64_t size, int32_t advice) {
  return task.cage().address_space().madvise(address, size, advice);
}

Result<> sys_msync(Task& task, GuestAddr address, uint64_t size, int32_t flags) {
  return task.cage().address_space().msync(address, size, flags);
}

Result<> sys_mincore(Task& task, GuestAddr address, uint64_t size, GuestAddr states) {
  return task.cage().address_space().mincore(address, size, states);
}

Result<> sys_mlock(Task& task, GuestAddr address, uint64_t size) {
  return task.cage().address_space().mlock(address, size, 0);
}

Result<> sys_mlock2(Task& task, GuestAddr address, uint64_t size, int32_t flags) {
  if ((flags & ~int32_t{MLOCK_ONFAULT}) != 0) return Errno(EINVAL);
  return task.cage().address_space().mlock(address, size, flags);
}

Result<> sys_munlock(Task& task, GuestAddr address, uint64_t size) {
  return task.cage().address_space().munlock(address, size);
}

Result<> sys_mlockall(Task& task, int32_t flags) {
  return task.cage().address_space().mlockall(flags);
}

Result<> sys_munlockall(Task& task) { return task.cage().address_space().munlockall(); }

}  // namespace rawposix::syscall
