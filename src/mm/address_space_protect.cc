// SPDX-License-Identifier: Apache-2.0
// mprotect.
#include <algorithm>

#include "mm/address_space.h"

namespace rawposix::mm {
namespace {

constexpr int kRights = PROT_READ | PROT_WRITE | PROT_EXEC;
// asm-generic/mman-common.h; the C library hides it.
constexpr int kProtSem = 8;

}  // namespace

Result<> AddressSpace::protect_part(const Vma& part, int protection) {
  if ((protection & ~part.max_protection) != 0) return Errno(EACCES);
  if (part.protection == protection) return {};
  bool becomes_data = !part.is_data() && (protection & PROT_WRITE) != 0 && !part.has(kVmaShared) &&
                      !part.has(kVmaStack);
  // Linux counts pages as committed from now on, but their addresses are counted already.
  uint64_t pages = part.size() / sfi::kPageSize;
  if (becomes_data) TRY(check_growth(0, pages));
  TRY(check_cuts(part.start, part.end));
  TRY(pages_.protect(part.start, part.size(), protection));
  vmas_.update(part.start, part.end, [protection](Vma& vma) {
    vma.protection = protection;
    if (vma.writable()) vma.flags &= ~static_cast<uint32_t>(kVmaUnwritten);
  });
  return {};
}

Result<> AddressSpace::mprotect(GuestAddr start, uint64_t size, int protection) {
  const int grows = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
  protection &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
  if (grows == (PROT_GROWSDOWN | PROT_GROWSUP)) return Errno(EINVAL);
  if (start.value % sfi::kPageSize != 0) return Errno(EINVAL);
  if (size == 0) return {};
  size = sfi::page_up(size);
  uint64_t end = start.value + size;
  if (end <= start.value) return Errno(ENOMEM);
  if ((protection & ~(kRights | kProtSem)) != 0) return Errno(EINVAL);
  protection &= kRights;

  MutexLock lock(mutex_);
  auto first = vmas_.first_after(start.value);
  if (first == vmas_.end()) return Errno(ENOMEM);
  uint64_t next = start.value;
  if (grows == PROT_GROWSDOWN) {
    if (first->second.start >= end) return Errno(ENOMEM);
    next = first->second.start;
    if (!first->second.has(kVmaStack)) return Errno(EINVAL);
  } else {
    if (first->second.start > next) return Errno(ENOMEM);
    if (grows == PROT_GROWSUP) return Errno(EINVAL);
  }
  while (next < end) {
    const Vma* vma = vmas_.at(next);
    if (vma == nullptr) return Errno(ENOMEM);
    Vma part = clip(*vma, next, end);
    TRY(protect_part(part, protection));
    next = part.end;
  }
  return {};
}

}  // namespace rawposix::mm
