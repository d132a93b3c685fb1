// SPDX-License-Identifier: Apache-2.0
// mlock and its family: counted and faulted in, not pinned.
#include <algorithm>

#include "mm/address_space.h"

namespace rawposix::mm {
namespace {

using sfi::kPageSize;

}  // namespace

bool AddressSpace::may_lock(uint64_t pages) const {
  return vmas_.totals().locked + pages <= limits_.locked / kPageSize;
}

Result<> AddressSpace::lock_range(uint64_t start, uint64_t end, LockState state) {
  if (!vmas_.covers(start, start + kPageSize)) return Errno(ENOMEM);
  TRY(check_cuts(start, end));
  uint64_t mapped_end = end;
  // Up to the first hole, as mprotect().
  for (uint64_t next = start; next < end;) {
    const Vma* vma = vmas_.at(next);
    if (vma == nullptr) {
      mapped_end = next;
      break;
    }
    next = vma->end;
  }
  vmas_.update(start, mapped_end, [state](Vma& vma) {
    vma.flags &= ~static_cast<uint32_t>(kVmaLocked);
    if (state == LockState::kLocked) vma.flags |= kVmaLocked;
  });
  if (mapped_end < end) return Errno(ENOMEM);
  return {};
}

Result<> AddressSpace::mlock(GuestAddr start, uint64_t size, int flags) {
  if ((flags & ~MLOCK_ONFAULT) != 0) return Errno(EINVAL);
  uint64_t from = sfi::page_down(start.value);
  uint64_t length = sfi::page_up(size + (start.value - from));
  uint64_t end = from + length;
  {
    MutexLock lock(mutex_);
    if (limits_.locked == 0) return Errno(EPERM);
    // What is locked already in the range counts once (Linux: count_mm_mlocked_page_nr()).
    uint64_t again = end > from ? vmas_.totals_in(from, end).locked : 0;
    uint64_t pages = length / kPageSize;
    if (vmas_.totals().locked - again + pages > limits_.locked / kPageSize) return Errno(ENOMEM);
    if (end < from) return Errno(EINVAL);
    if (end == from) return {};
    TRY(lock_range(from, end, LockState::kLocked));
  }
  if ((flags & MLOCK_ONFAULT) == 0) fault_in(from, end);
  return {};
}

Result<> AddressSpace::munlock(GuestAddr start, uint64_t size) {
  uint64_t from = sfi::page_down(start.value);
  uint64_t end = from + sfi::page_up(size + (start.value - from));
  if (end < from) return Errno(EINVAL);
  if (end == from) return {};
  MutexLock lock(mutex_);
  return lock_range(from, end, LockState::kUnlocked);
}

Result<> AddressSpace::mlockall(int flags) {
  if (flags == 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) != 0 ||
      flags == MCL_ONFAULT) {
    return Errno(EINVAL);
  }
  {
    MutexLock lock(mutex_);
    if (limits_.locked == 0) return Errno(EPERM);
    bool current = (flags & MCL_CURRENT) != 0;
    if (current && counted_pages() > limits_.locked / kPageSize) return Errno(ENOMEM);
    lock_future_ = (flags & MCL_FUTURE) != 0;
    if (!current) return {};
    vmas_.update(0, sfi::kSlotSize, [](Vma& vma) { vma.flags |= kVmaLocked; });
  }
  if ((flags & MCL_ONFAULT) == 0) fault_in(sfi::kGuestStart, sfi::kGuestEnd);
  return {};
}

Result<> AddressSpace::munlockall() {
  MutexLock lock(mutex_);
  lock_future_ = false;
  vmas_.update(0, sfi::kSlotSize,
               [](Vma& vma) { vma.flags &= ~static_cast<uint32_t>(kVmaLocked); });
  return {};
}

}  // namespace rawposix::mm
