// SPDX-License-Identifier: Apache-2.0
// mmap, munmap and brk.
#include <algorithm>
#include <utility>

#include "mm/address_space.h"

namespace rawposix::mm {
namespace {

using sfi::kGuestEnd;
using sfi::kGuestStart;
using sfi::kPageSize;
using sfi::page_up;

// Room that placement leaves between the main stack's largest extent and other mappings
// (Linux: stack_guard_gap).
constexpr uint64_t kStackGap = 256 * kPageSize;

// MAP_32BIT places in the second GiB, from its start (arch/x86/kernel/sys_x86_64.c).
constexpr uint64_t kLowWindowStart = uint64_t{1} << 30;
constexpr uint64_t kLowWindowEnd = uint64_t{1} << 31;

// What MAP_SHARED_VALIDATE accepts (Linux: LEGACY_MAP_MASK).
constexpr int kValidatedFlags = MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE |
                                MAP_EXECUTABLE | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE |
                                MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT |
                                (MAP_HUGE_MASK << MAP_HUGE_SHIFT);
constexpr int kRights = PROT_READ | PROT_WRITE | PROT_EXEC;

Result<> check_file(const MapRequest& request, Vma& vma) {
  const FileSource& source = *request.source;
  int type = request.flags & MAP_TYPE;
  if (type != MAP_SHARED && type != MAP_SHARED_VALIDATE && type != MAP_PRIVATE) {
    return Errno(EINVAL);
  }
  if (type == MAP_SHARED_VALIDATE && (request.flags & ~kValidatedFlags) != 0) {
    return Errno(EOPNOTSUPP);
  }
  if (type != MAP_PRIVATE) {
    bool writable = (source.access & PROT_WRITE) != 0;
    if ((request.protection & PROT_WRITE) != 0 && !writable) return Errno(EACCES);
    if (!writable) vma.max_protection &= ~PROT_WRITE;
    vma.flags |= kVmaShared;
  }
  if ((source.access & PROT_READ) == 0) return Errno(EACCES);
  if ((request.protection & PROT_EXEC) != 0) return Errno(EACCES);
  if (source.file == nullptr) return Errno(ENODEV);
  if ((request.flags & MAP_GROWSDOWN) != 0) return Errno(EINVAL);
  vma.file = source.file;
  vma.file_offset = request.offset;
  return {};
}

Result<> check_anonymous(const MapRequest& request, Vma& vma) {
  int type = request.flags & MAP_TYPE;
  if (type != MAP_SHARED && type != MAP_PRIVATE) return Errno(EINVAL);
  if (type == MAP_SHARED) {
    if ((request.flags & MAP_GROWSDOWN) != 0) return Errno(EINVAL);
    vma.flags |= kVmaShared;
  }
  if ((request.protection & PROT_EXEC) != 0) return Errno(EACCES);
  if (type == MAP_SHARED) {
    // An object of its own: two such mappings are never one.
    auto shared = std::make_shared<MappedFile>();
    shared->name = "/dev/zero (deleted)";
    vma.file = std::move(shared);
  }
  return {};
}

}  // namespace

uint64_t AddressSpace::placement_top() const {
  return stack_floor_ == sfi::kStackTop ? kGuestEnd : stack_floor_ - kStackGap;
}

std::optional<uint64_t> AddressSpace::find_gap(uint64_t size) const {
  auto below = vmas_.highest_gap(size, kGuestStart, placement_top());
  if (below.has_value()) return below;
  return vmas_.lowest_gap(size, kGuestStart, kGuestEnd);
}

Result<uint64_t> AddressSpace::place(const MapRequest& request, uint64_t size) const {
  uint64_t address = request.address.value;
  bool fixed = (request.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0;
  if (size > kGuestEnd - kGuestStart) return Errno(ENOMEM);
  if (fixed) {
    if (address > kGuestEnd - size) return Errno(ENOMEM);
    if (address % kPageSize != 0) return Errno(EINVAL);
    if (address < kGuestStart) return Errno(EPERM);
    bool replace = (request.flags & MAP_FIXED_NOREPLACE) == 0;
    if (!replace && vmas_.overlaps(address, address + size)) return Errno(EEXIST);
    return address;
  }
  address = sfi::page_down(address);
  if (address != 0) address = std::max(address, kGuestStart);
  bool low = (request.flags & MAP_32BIT) != 0;
  uint64_t end = low ? kLowWindowEnd : kGuestEnd;
  if (address != 0 && size <= end && address <= end - size &&
      !vmas_.overlaps(address, address + size)) {
    return address;
  }
  if (low) {
    auto found = vmas_.lowest_gap(size, kLowWindowStart, kLowWindowEnd);
    if (!found.has_value()) return Errno(ENOMEM);
    return *found;
  }
  auto gap = find_gap(size);
  if (!gap.has_value()) return Errno(ENOMEM);
  return *gap;
}

Result<> AddressSpace::map_over(Vma vma) {
  int flags = (vma.has(kVmaShared) ? MAP_SHARED : MAP_PRIVATE) |
              (vma.has(kVmaNoReserve) ? MAP_NORESERVE : 0);
  int fd = vma.file != nullptr ? vma.file->host_fd : -1;
  auto mapped = pages_.map(vma.start, vma.size(), vma.protection, flags, fd, vma.file_offset);
  if (!mapped.ok()) {
    if (mapped.error().old_pages == SlotPages::Remains::kGone) vmas_.remove(vma.start, vma.end);
    return mapped.error().error;
  }
  vmas_.remove(vma.start, vma.end);
  vmas_.insert(std::move(vma));
  return {};
}

Result<GuestAddr> AddressSpace::mmap_locked(const MapRequest& request, uint64_t size) {
  if (vmas_.size() >= kMaxMappings) return Errno(ENOMEM);
  Vma vma;
  vma.start = TRY(place(request, size));
  vma.end = vma.start + size;
  vma.protection = request.protection & kRights;
  if ((request.flags & MAP_LOCKED) != 0 && limits_.locked == 0) return Errno(EPERM);
  if ((request.flags & MAP_LOCKED) != 0 || lock_future_) {
    if (!may_lock(size / kPageSize)) return Errno(EAGAIN);
    vma.flags |= kVmaLocked;
  }
  TRY(request.source.has_value() ? check_file(request, vma) : check_anonymous(request, vma));
  if ((request.flags & MAP_NORESERVE) != 0) vma.flags |= kVmaNoReserve;
  // What is replaced doesn't count.
  VmaSet::Totals replaced = vmas_.totals_in(vma.start, vma.end);
  uint64_t pages = size / kPageSize;
  TRY(check_growth(pages - replaced.all, vma.is_data() ? pages - replaced.data : 0));
  TRY(check_cuts(vma.start, vma.end));
  uint64_t start = vma.start;
  TRY(map_over(std::move(vma)));
  return GuestAddr{start};
}

Result<GuestAddr> AddressSpace::mmap(const MapRequest& request) {
  if (request.offset % kPageSize != 0) return Errno(EINVAL);
  if ((request.flags & MAP_HUGETLB) != 0) {
    // There are no huge pages to have, and no file of ours lies in hugetlbfs.
    return Errno(request.source.has_value() ? EINVAL : ENOMEM);
  }
  if (request.size == 0) return Errno(EINVAL);
  uint64_t size = page_up(request.size);
  if (size == 0) return Errno(ENOMEM);
  if (request.offset + size < request.offset) return Errno(EOVERFLOW);
  bool populate = (request.flags & MAP_LOCKED) != 0 ||
                  (request.flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
  GuestAddr address;
  {
    MutexLock lock(mutex_);
    address = TRY(mmap_locked(request, size));
    populate = populate || lock_future_;
  }
  if (populate) fault_in(address.value, address.value + size);
  return address;
}

Result<> AddressSpace::unmap_range(uint64_t start, uint64_t end) {
  if (start >= end) return {};
  // Nothing but mapped addresses can be in the host's tables, so only those bother it.
  auto first = vmas_.first_after(start);
  if (first == vmas_.end() || first->second.start >= end) return {};
  uint64_t from = std::max(start, first->second.start);
  uint64_t to = from;
  vmas_.for_each_in(start, end, [&](const Vma& part) { to = part.end; });
  bool splits = first->second.start < from && first->second.end > to;
  if (splits && vmas_.size() >= kMaxMappings) return Errno(ENOMEM);
  TRY(pages_.release(from, to - from));
  vmas_.remove(from, to);
  return {};
}

Result<> AddressSpace::munmap(GuestAddr start, uint64_t size) {
  uint64_t address = start.value;
  if (address % kPageSize != 0 || address > kGuestEnd || size > kGuestEnd - address) {
    return Errno(EINVAL);
  }
  size = page_up(size);
  if (size == 0) return Errno(EINVAL);
  MutexLock lock(mutex_);
  return unmap_range(address, address + size);
}

Result<uint64_t> AddressSpace::grow_heap(uint64_t wanted) {
  uint64_t from = page_up(heap_.end);
  uint64_t to = page_up(wanted);
  // Linux keeps a page free above the heap.
  if (to + kPageSize > kGuestEnd || vmas_.overlaps(from, to + kPageSize)) return Errno(ENOMEM);
  uint64_t pages = (to - from) / kPageSize;
  TRY(check_growth(pages, pages));
  if (lock_future_ && !may_lock(pages)) return Errno(EAGAIN);
  if (vmas_.size() >= kMaxMappings) return Errno(ENOMEM);
  Vma heap;
  heap.start = from;
  heap.end = to;
  heap.protection = PROT_READ | PROT_WRITE;
  if (lock_future_) heap.flags |= kVmaLocked;
  TRY(map_over(std::move(heap)));
  return wanted;
}

GuestAddr AddressSpace::brk(GuestAddr wanted) {
  MutexLock lock(mutex_);
  uint64_t old_end = heap_.end;
  if (wanted.value < heap_.start || wanted.value > kGuestEnd) return {old_end};
  // RLIMIT_DATA bounds heap and initialised data together here (Linux: check_data_rlimit()).
  uint64_t data = wanted.value - heap_.start + image_data_pages_ * kPageSize;
  if (limits_.data != UINT64_MAX && data > limits_.data) return {old_end};
  if (page_up(wanted.value) > page_up(old_end)) {
    if (!grow_heap(wanted.value).ok()) return {old_end};
  } else if (page_up(wanted.value) < page_up(old_end)) {
    if (!unmap_range(page_up(wanted.value), page_up(old_end)).ok()) return {old_end};
  }
  heap_.end = wanted.value;
  return wanted;
}

}  // namespace rawposix::mm
