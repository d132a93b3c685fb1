// SPDX-License-Identifier: Apache-2.0
#include "host/memory.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "host/file.h"

namespace rawposix::host {
namespace {

Result<> done(int outcome) {
  if (outcome != 0) return Errno::last();
  return {};
}

}  // namespace

Result<std::byte*> map(void* address, size_t size, int protection, int flags, MapSource source) {
  if (source.fd < 0) flags |= MAP_ANONYMOUS;
  void* mapped =
      mmap(address, size, protection, flags, source.fd, static_cast<off_t>(source.offset));
  if (mapped == MAP_FAILED) return Errno::last();
  return static_cast<std::byte*>(mapped);
}

Result<> unmap(void* address, size_t size) { return done(munmap(address, size)); }

Result<> protect(void* address, size_t size, int protection) {
  return done(mprotect(address, size, protection));
}

Result<> advise(void* address, size_t size, int advice) {
  return done(madvise(address, size, advice));
}

Result<> sync(void* address, size_t size, int flags) { return done(msync(address, size, flags)); }

Result<> resident(void* address, size_t size, unsigned char* pages) {
  return done(mincore(address, size, pages));
}

Result<> move_pages(void* from, size_t size, void* to) {
  void* moved = mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
  if (moved == MAP_FAILED) return Errno::last();
  return {};
}

Result<> duplicate_shared(void* from, size_t size, void* to) {
  void* moved = mremap(from, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
  if (moved == MAP_FAILED) return Errno::last();
  return {};
}

Result<> copy_memory(void* to, const void* from, size_t size) {
  const iovec source{const_cast<void*>(from), size};
  const iovec target{to, size};
  const ssize_t copied = process_vm_writev(getpid(), &source, 1, &target, 1, 0);
  if (copied < 0) return Errno::last();
  return static_cast<size_t>(copied) == size ? Result<>() : Errno(EFAULT);
}

Result<UniqueFd> create_memory_file(const char* name, uint64_t size_bytes) {
  UniqueFd file = TRY(own(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)));
  if (ftruncate(file.get(), static_cast<off_t>(size_bytes)) != 0) return Errno::last();
  return file;
}

Result<> seal_content(int fd) {
  return done(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL));
}

}  // namespace rawposix::host
