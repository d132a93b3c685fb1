// SPDX-License-Identifier: Apache-2.0
// mremap. The host's own mremap(2) can't be used as the guest's: it would leave holes in the slot
// and find the reservation in the way of growth. Growth maps what is added; moves keep the old
// range mapped until it is reserved again.
#include <utility>

#include "mm/address_space.h"

namespace rawposix::mm {
namespace {

using sfi::kGuestEnd;
using sfi::kPageSize;
using sfi::page_up;

constexpr int kKnownFlags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

bool is_shared_anonymous(const Vma& vma) { return vma.has(kVmaShared) && vma.file->host_fd < 0; }

Result<> check_arguments(uint64_t from, uint64_t old_size, uint64_t new_size, int flags) {
  if ((flags & ~kKnownFlags) != 0) return Errno(EINVAL);
  bool may_move = (flags & MREMAP_MAYMOVE) != 0;
  if ((flags & MREMAP_FIXED) != 0 && !may_move) return Errno(EINVAL);
  if ((flags & MREMAP_DONTUNMAP) != 0 && (!may_move || old_size != new_size)) {
    return Errno(EINVAL);
  }
  if (from % kPageSize != 0 || new_size == 0) return Errno(EINVAL);
  return {};
}

// With MREMAP_FIXED or MREMAP_DONTUNMAP. Linux looks at these before it looks for the mapping
// since 6.17, after it before.
Result<> check_target(uint64_t from, uint64_t old_size, uint64_t new_size, uint64_t to) {
  if (to % kPageSize != 0) return Errno(EINVAL);
  if (new_size > kGuestEnd || to > kGuestEnd - new_size) return Errno(EINVAL);
  if (from + old_size > to && to + new_size > from) return Errno(EINVAL);
  return {};
}

}  // namespace

// Linux: vma_to_resize(). The mapping that the request is about, cut to what it would be.
Result<Vma> AddressSpace::resizable(const Remap& request) const {
  const Vma* vma = vmas_.at(request.from);
  if (vma == nullptr) return Errno(EFAULT);
  // An old size of 0 asks for a second mapping of the same pages.
  if (request.old_size == 0 && !vma->has(kVmaShared)) return Errno(EINVAL);
  if (request.old_size > vma->end - request.from) return Errno(EFAULT);
  // Verified code stays where it was verified, and as large.
  if (vma->has(kVmaText)) return Errno(EFAULT);
  Vma cut = clip(*vma, request.from, vma->end);
  cut.end = cut.start + request.new_size;
  if (cut.file_offset + request.new_size < cut.file_offset) return Errno(EINVAL);
  if (request.new_size > request.old_size) {
    uint64_t pages = (request.new_size - request.old_size) / kPageSize;
    if (vma->has(kVmaLocked) && !may_lock(pages)) return Errno(EAGAIN);
    TRY(check_growth(pages, vma->is_data() ? pages : 0));
  }
  return cut;
}

// Maps [from, end) of `whole`, which is free, with what the mapping shows there.
Result<> AddressSpace::extend(const Vma& whole, uint64_t from) {
  if (is_shared_anonymous(whole)) {
    // No descriptor to map from: map all of it a second time elsewhere and move that over.
    vmas_.insert(clip(whole, from, whole.end));
    auto aside = find_gap(whole.size());
    vmas_.remove(from, whole.end);
    if (!aside.has_value()) return Errno(ENOMEM);
    TRY(pages_.duplicate_shared(whole.start, whole.size(), *aside));
    auto moved = pages_.move(*aside, whole.size(), whole.start);
    TRY(pages_.release(*aside, whole.size()));
    TRY(moved);
    vmas_.insert(clip(whole, from, whole.end));
    return {};
  }
  Vma tail = clip(whole, from, whole.end);
  // Past the image's initialised data comes what follows in its file, which the host maps itself.
  tail.flags &= ~static_cast<uint32_t>(kVmaImageData);
  return map_over(std::move(tail));
}

// Moves the first `kept` bytes of `source`, which has its new size already, to the free range `to`.
Result<> AddressSpace::move_mapping(const Vma& source, uint64_t kept, uint64_t to) {
  if (vmas_.size() + 3 > kMaxMappings) return Errno(ENOMEM);
  Vma target = source;
  target.start = to;
  target.end = to + source.size();
  if (is_shared_anonymous(source) || kept == 0) {
    TRY(pages_.duplicate_shared(source.start, source.size(), to));
    vmas_.insert(std::move(target));
    return {};
  }
  // What is added first: it is the part that can fail for want of memory.
  if (kept < target.size()) TRY(extend(target, to + kept));
  auto moved = pages_.move(source.start, kept, to);
  if (!moved.ok()) {
    if (kept < target.size()) TRY(unmap_range(to + kept, target.end));
    return moved;
  }
  vmas_.insert(clip(target, to, to + kept));
  return {};
}

Result<uint64_t> AddressSpace::move_and_unmap(const Vma& source, const Remap& request) {
  TRY(move_mapping(source, request.old_size, request.to));
  if (request.old_size == 0) return request.to;
  uint64_t old_end = request.from + request.old_size;
  if ((request.flags & MREMAP_DONTUNMAP) == 0) {
    TRY(unmap_range(request.from, old_end));
    return request.to;
  }
  // The old mapping stays, without its pages and unlocked.
  vmas_.update(request.from, old_end, [](Vma& vma) { vma.flags &= ~unsigned{kVmaLocked}; });
  if (source.has(kVmaImageData)) {
    const Vma* left = vmas_.containing(request.from, old_end);
    CHECK(left != nullptr);
    TRY(drop_pages(clip(*left, request.from, old_end), MADV_DONTNEED));
  }
  return request.to;
}

// MREMAP_FIXED or MREMAP_DONTUNMAP (Linux: mremap_to()).
Result<uint64_t> AddressSpace::remap_to(Remap request) {
  TRY(check_target(request.from, request.old_size, request.new_size, request.to));
  bool fixed = (request.flags & MREMAP_FIXED) != 0;
  Remap resized = request;
  resized.old_size = std::min(request.old_size, request.new_size);
  Vma source = TRY(resizable(resized));
  if (request.old_size > request.new_size) {
    TRY(check_shrink(request));
  }
  if ((request.flags & MREMAP_DONTUNMAP) != 0) {
    uint64_t pages = request.new_size / kPageSize;
    TRY(check_growth(pages, source.is_data() ? pages : 0));
  }
  MapRequest where;
  where.address = GuestAddr{request.to};
  where.flags = fixed ? MAP_FIXED : 0;
  resized.to = TRY(place(where, request.new_size));
  if (fixed) TRY(unmap_range(resized.to, resized.to + request.new_size));
  if (request.old_size > request.new_size) {
    TRY(unmap_range(request.from + request.new_size, request.from + request.old_size));
  }
  return move_and_unmap(source, resized);
}

// Shrinking unmaps what follows, of whatever mappings (Linux: do_munmap()'s checks).
Result<> AddressSpace::check_shrink(const Remap& request) const {
  uint64_t start = request.from + request.new_size;
  uint64_t size = request.old_size - request.new_size;
  if (start > kGuestEnd || size > kGuestEnd - start) return Errno(EINVAL);
  return {};
}

Result<uint64_t> AddressSpace::remap_locked(Remap request) {
  if ((request.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0) return remap_to(request);
  if (vmas_.at(request.from) == nullptr) return Errno(EFAULT);
  uint64_t old_end = request.from + request.old_size;
  if (request.old_size >= request.new_size) {
    TRY(check_shrink(request));
    TRY(unmap_range(request.from + request.new_size, old_end));
    return request.from;
  }
  Vma source = TRY(resizable(request));
  uint64_t new_end = request.from + request.new_size;
  bool at_its_end = vmas_.at(request.from)->end == old_end && request.old_size != 0;
  if (at_its_end && request.new_size <= kGuestEnd - request.from &&
      !vmas_.overlaps(old_end, new_end)) {
    TRY(extend(source, old_end));
    return request.from;
  }
  if ((request.flags & MREMAP_MAYMOVE) == 0) return Errno(ENOMEM);
  auto gap = request.new_size <= kGuestEnd ? find_gap(request.new_size) : std::nullopt;
  if (!gap.has_value()) return Errno(ENOMEM);
  request.to = *gap;
  return move_and_unmap(source, request);
}

Result<GuestAddr> AddressSpace::mremap(GuestAddr old_address, uint64_t old_size, uint64_t new_size,
                                       int flags, GuestAddr new_address) {
  old_size = page_up(old_size);
  new_size = page_up(new_size);
  TRY(check_arguments(old_address.value, old_size, new_size, flags));
  uint64_t address = 0;
  bool populate = false;
  {
    MutexLock lock(mutex_);
    address = TRY(remap_locked({old_address.value, old_size, new_size, new_address.value, flags}));
    const Vma* vma = vmas_.at(address);
    populate = vma != nullptr && vma->has(kVmaLocked) && new_size > old_size;
  }
  if (populate) fault_in(address + old_size, address + new_size);
  return GuestAddr{address};
}

}  // namespace rawposix::mm
