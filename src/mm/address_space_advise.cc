// SPDX-License-Identifier: Apache-2.0
// madvise, msync and mincore. Advice is carried out by the host only where it can't reach beyond
// the cage: the rest is noted in the mapping, for fork() and /proc.
#include <linux/mman.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mm/address_space.h"

namespace rawposix::mm {
namespace {

using sfi::kPageSize;

enum class AdviceKind : uint8_t {
  kUnknown,
  kFlag,      // sets and clears flags of the mapping, nothing else
  kDrop,      // pages lose their content
  kHint,      // handed to the host, which may ignore it
  kPopulate,  // pages are faulted in
  kPoison,    // for the administrator
};

AdviceKind kind_of(int advice) {
  switch (advice) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
      return AdviceKind::kFlag;
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
    case MADV_REMOVE:
      return AdviceKind::kDrop;
    case MADV_WILLNEED:
    case MADV_COLD:
    case MADV_PAGEOUT:
    case MADV_COLLAPSE:
      return AdviceKind::kHint;
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
      return AdviceKind::kPopulate;
    case MADV_HWPOISON:
    case MADV_SOFT_OFFLINE:
      return AdviceKind::kPoison;
    default:
      // With MADV_MERGEABLE: as a kernel without KSM. Merging pages of different cages would let
      // one time what another holds.
      return AdviceKind::kUnknown;
  }
}

struct FlagChange {
  uint32_t clear;
  uint32_t set;
};

FlagChange flag_change(int advice) {
  constexpr uint32_t kAccess = kVmaRandom | kVmaSequential;
  constexpr uint32_t kHuge = kVmaHugePages | kVmaNoHugePages;
  switch (advice) {
    case MADV_NORMAL:
      return {kAccess, 0};
    case MADV_RANDOM:
      return {kAccess, kVmaRandom};
    case MADV_SEQUENTIAL:
      return {kAccess, kVmaSequential};
    case MADV_DONTFORK:
      return {0, kVmaDontFork};
    case MADV_DOFORK:
      return {kVmaDontFork, 0};
    case MADV_WIPEONFORK:
      return {0, kVmaWipeOnFork};
    case MADV_KEEPONFORK:
      return {kVmaWipeOnFork, 0};
    case MADV_DONTDUMP:
      return {0, kVmaDontDump};
    case MADV_DODUMP:
      return {kVmaDontDump, 0};
    case MADV_HUGEPAGE:
      return {kHuge, kVmaHugePages};
    case MADV_NOHUGEPAGE:
      return {kHuge, kVmaNoHugePages};
    default:
      return {0, 0};
  }
}

bool wants_host(int advice) { return advice == MADV_HUGEPAGE || advice == MADV_NOHUGEPAGE; }

}  // namespace

// DONTNEED, FREE and REMOVE on a part of one mapping.
Result<> AddressSpace::drop_pages(const Vma& part, int advice) {
  if (part.has(kVmaLocked) && advice != MADV_DONTNEED_LOCKED) return Errno(EINVAL);
  if (advice == MADV_REMOVE) {
    if (part.file == nullptr) return Errno(EINVAL);
    if (!part.has(kVmaShared) || part.has(kVmaText)) return Errno(EACCES);
    // Whether it must be writable now, or only possibly, depends on the kernel: the host knows.
    return pages_.advise(part.start, part.size(), MADV_REMOVE);
  }
  if (advice == MADV_FREE && !part.private_anonymous()) return Errno(EINVAL);
  if (part.has(kVmaText)) return {};  // would come back from the same sealed file
  if (part.has(kVmaImageData)) {
    // The pages come back as the image has them: from here on the host maps the file itself.
    Vma restored = part;
    restored.flags &= ~static_cast<uint32_t>(kVmaImageData);
    TRY(check_cuts(part.start, part.end));
    return map_over(std::move(restored));
  }
  return pages_.advise(part.start, part.size(), advice == MADV_FREE ? MADV_FREE : MADV_DONTNEED);
}

Result<> AddressSpace::advise_part(const Vma& part, int advice) {
  AdviceKind kind = kind_of(advice);
  if (kind == AdviceKind::kDrop) return drop_pages(part, advice);
  if (kind == AdviceKind::kHint) {
    bool reclaims = advice == MADV_COLD || advice == MADV_PAGEOUT;
    if (reclaims && part.has(kVmaLocked)) return Errno(EINVAL);
    // Text and data of an image are every cage's that runs it.
    if (reclaims && part.private_anonymous()) {
      return pages_.advise(part.start, part.size(), advice);
    }
    return {};
  }
  if (advice == MADV_WIPEONFORK && !part.private_anonymous()) return Errno(EINVAL);
  FlagChange change = flag_change(advice);
  if (((part.flags & ~change.clear) | change.set) == part.flags) return {};
  TRY(check_cuts(part.start, part.end));
  if (wants_host(advice) && part.private_anonymous()) {
    // EINVAL where the host has no transparent huge pages, as on Linux.
    TRY(pages_.prefer_page_size(part.start, part.size(), advice));
  }
  vmas_.update(part.start, part.end,
               [change](Vma& vma) { vma.flags = (vma.flags & ~change.clear) | change.set; });
  return {};
}

Result<> AddressSpace::advise_range(uint64_t start, uint64_t end, int advice) {
  MutexLock lock(mutex_);
  bool unmapped = false;
  for (uint64_t next = start; next < end;) {
    auto it = vmas_.first_after(next);
    if (it == vmas_.end() || it->second.start >= end) {
      unmapped = true;
      break;
    }
    unmapped = unmapped || it->second.start > next;
    Vma part = clip(it->second, next, end);
    TRY(advise_part(part, advice));
    next = part.end;
  }
  // The mapped parts are done all the same.
  if (unmapped) return Errno(ENOMEM);
  return {};
}

Result<> AddressSpace::populate(uint64_t start, uint64_t end, int advice) {
  for (uint64_t next = start; next < end;) {
    uint64_t part_end = end;
    {
      MutexLock lock(mutex_);
      const Vma* vma = vmas_.at(next);
      if (vma == nullptr) return Errno(ENOMEM);
      int needed = advice == MADV_POPULATE_WRITE ? PROT_WRITE : PROT_READ;
      if ((vma->protection & needed) == 0) return Errno(EINVAL);
      part_end = std::min(vma->end, end);
    }
    // Not under the lock: a file may have to be read. If the mapping changes meanwhile, this
    // faults in what is there then.
    TRY(pages_.advise(next, part_end - next, advice));
    next = part_end;
  }
  return {};
}

void AddressSpace::fault_in(uint64_t start, uint64_t end) {
  for (uint64_t next = start; next < end;) {
    int advice = 0;
    uint64_t part_end = end;
    {
      MutexLock lock(mutex_);
      auto it = vmas_.first_after(next);
      if (it == vmas_.end() || it->second.start >= end) return;
      const Vma& vma = it->second;
      next = std::max(next, vma.start);
      part_end = std::min(vma.end, end);
      // As Linux: write access for private memory, so that it won't fault again.
      bool write = vma.writable() && !vma.has(kVmaShared);
      if ((vma.protection & PROT_READ) != 0) advice = MADV_POPULATE_READ;
      if (write) advice = MADV_POPULATE_WRITE;
    }
    if (advice != 0) static_cast<void>(pages_.advise(next, part_end - next, advice));
    next = part_end;
  }
}

Result<> AddressSpace::madvise(GuestAddr start, uint64_t size, int advice) {
  AdviceKind kind = kind_of(advice);
  if (kind == AdviceKind::kUnknown) return Errno(EINVAL);
  if (start.value % kPageSize != 0) return Errno(EINVAL);
  uint64_t length = sfi::page_up(size);
  if (size != 0 && length == 0) return Errno(EINVAL);
  uint64_t end = start.value + length;
  if (end < start.value) return Errno(EINVAL);
  if (length == 0) return {};
  if (kind == AdviceKind::kPoison) return Errno(EPERM);
  if (kind == AdviceKind::kPopulate) return populate(start.value, end, advice);
  return advise_range(start.value, end, advice);
}

Result<> AddressSpace::msync(GuestAddr start, uint64_t size, int flags) {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0) return Errno(EINVAL);
  if (start.value % kPageSize != 0) return Errno(EINVAL);
  if ((flags & MS_ASYNC) != 0 && (flags & MS_SYNC) != 0) return Errno(EINVAL);
  uint64_t length = sfi::page_up(size);
  uint64_t end = start.value + length;
  if (end < start.value) return Errno(ENOMEM);
  bool unmapped = false;
  for (uint64_t next = start.value; next < end;) {
    bool sync = false;
    uint64_t part_end;
    {
      MutexLock lock(mutex_);
      auto it = vmas_.first_after(next);
      if (it == vmas_.end() || it->second.start >= end) return Errno(ENOMEM);
      const Vma& vma = it->second;
      unmapped = unmapped || vma.start > next;
      next = std::max(next, vma.start);
      part_end = std::min(vma.end, end);
      if ((flags & MS_INVALIDATE) != 0 && vma.has(kVmaLocked)) return Errno(EBUSY);
      sync = (flags & MS_SYNC) != 0 && vma.has(kVmaShared) && vma.file->host_fd >= 0;
    }
    // Not under the lock: it waits for the disk.
    if (sync) TRY(pages_.sync(next, part_end - next, MS_SYNC));
    next = part_end;
  }
  if (unmapped) return Errno(ENOMEM);
  return {};
}

Result<> AddressSpace::mincore(GuestAddr start, uint64_t size, GuestAddr states) {
  if (start.value % kPageSize != 0) return Errno(EINVAL);
  uint64_t length = sfi::page_up(size);
  if (length < size || start.value > sfi::kGuestEnd || length > sfi::kGuestEnd - start.value) {
    return Errno(ENOMEM);
  }
  if (!in_guest_range(states, length / kPageSize)) return Errno(EFAULT);
  std::array<unsigned char, 4096> chunk;
  for (uint64_t done = 0; done < length;) {
    uint64_t part = std::min(length - done, chunk.size() * kPageSize);
    uint64_t from = start.value + done;
    {
      MutexLock lock(mutex_);
      if (!vmas_.covers(from, from + part)) return Errno(ENOMEM);
      TRY(pages_.resident(from, part, chunk.data()));
    }
    TRY(guest_memory().copy_out(states.plus(done / kPageSize), chunk.data(), part / kPageSize));
    done += part;
  }
  return {};
}

}  // namespace rawposix::mm
