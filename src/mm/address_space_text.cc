// SPDX-License-Identifier: Apache-2.0
// Text that a debugger or profiler has changed. The mapping stays the image's in all that the guest
// can see and do; only the pages behind it are others.
#include <cstring>

#include "host/memory.h"
#include "mm/address_space.h"
#include "support/scope_exit.h"

namespace rawposix::mm {

Result<Vma> AddressSpace::text_at(uint64_t start, uint64_t size) const {
  CHECK(start % sfi::kPageSize == 0 && size % sfi::kPageSize == 0);
  const Vma* vma = vmas_.at(start);
  if (vma == nullptr || !vma->has(kVmaText) || vma->end - start < size) return Errno(EFAULT);
  return *vma;
}

Result<> AddressSpace::replace_text(uint64_t start, std::span<const std::byte> bytes) {
  uint64_t size = bytes.size();
  // The pages are made elsewhere, so that they are never writable where the guest can reach them.
  std::byte* pages = TRY(host::map(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  ScopeExit unmap([pages, size] { static_cast<void>(host::unmap(pages, size)); });
  std::memcpy(pages, bytes.data(), size);
  TRY(host::protect(pages, size, PROT_READ));

  MutexLock lock(mutex_);
  Vma text = TRY(text_at(start, size));
  // What the host maps there is not what the books say, even after restore_text() has failed.
  recyclable_ = false;
  TRY(pages_.place(pages, size, start));
  // Executable only now: perf hears of code by mmap and mprotect, but not by mremap.
  return pages_.protect(start, size, text.protection);
}

Result<> AddressSpace::restore_text(uint64_t start, uint64_t size) {
  MutexLock lock(mutex_);
  Vma text = TRY(text_at(start, size));
  auto mapped = pages_.map(start, size, text.protection, MAP_SHARED, text.file->host_fd,
                           text.file_offset + (start - text.start));
  if (!mapped.ok()) return mapped.error().error;
  return {};
}

}  // namespace rawposix::mm
