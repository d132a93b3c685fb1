// SPDX-License-Identifier: Apache-2.0
// What the loader needs, and the main stack.
#include <algorithm>
#include <utility>

#include "mm/address_space.h"

namespace rawposix::mm {
namespace {

using sfi::kPageSize;
using sfi::kStackTop;

// What the main stack may have at least and at most, and the room that is kept free for a stack
// limit raised later (Linux keeps 128 MiB of its larger address space).
constexpr uint64_t kSmallestStack = 128 * 1024;
constexpr uint64_t kLargestStack = uint64_t{1} << 30;
constexpr uint64_t kStackRoom = 64 * 1024 * 1024;

// What stays in memory of a recycled slot, at most.
constexpr uint64_t kWarmStack = 4 * kPageSize;
constexpr uint64_t kWarmData = 16 * kPageSize;
constexpr uint64_t kWarmContent = 64 * kPageSize;

bool same_mapping(const Vma& a, const Vma& b) {
  return a.start == b.start && a.end == b.end && a.protection == b.protection &&
         a.flags == b.flags && a.file == b.file && a.file_offset == b.file_offset;
}

uint64_t stack_size(uint64_t limit) {
  return sfi::page_down(std::clamp(limit, kSmallestStack, kLargestStack));
}

}  // namespace

Result<> AddressSpace::map_image_segment(const ImageSegment& segment) {
  MutexLock lock(mutex_);
  bool text = (segment.protection & PROT_EXEC) != 0;
  bool writable = (segment.protection & PROT_WRITE) != 0;
  CHECK(!(text && writable));
  CHECK(segment.start >= sfi::kImageStart && segment.end <= sfi::kImageEnd);
  if (vmas_.overlaps(segment.start, segment.end)) return Errno(EEXIST);
  uint64_t pages = (segment.end - segment.start) / kPageSize;
  TRY(check_growth(pages, writable ? pages : 0));

  Vma content;
  content.start = segment.start;
  content.end = segment.file_end;
  content.protection = segment.protection;
  content.file = segment.file;
  content.file_offset = segment.file_offset;
  if (text) {
    content.max_protection = PROT_READ | PROT_EXEC;
    // Shared from a descriptor that can't write: not even the host can make these pages private
    // and change them.
    content.flags = kVmaText | kVmaShared;
  }
  Vma zeroes;
  zeroes.start = segment.file_end;
  zeroes.end = segment.end;
  zeroes.protection = segment.protection;

  if (writable) {
    // One anonymous mapping for both: copying the few initialised pages is cheaper than mapping
    // the file and faulting each page twice.
    Vma all = zeroes;
    all.start = segment.start;
    TRY(map_loaded(std::move(all), segment.file_end));
    vmas_.remove(segment.start, segment.end);
    content.flags |= kVmaImageData;
    if (content.size() != 0) vmas_.insert(std::move(content));
    if (zeroes.size() != 0) vmas_.insert(std::move(zeroes));
    image_data_pages_ += pages;
    return {};
  }
  if (content.size() != 0) TRY(map_loaded(std::move(content), 0));
  if (zeroes.size() != 0) TRY(map_loaded(std::move(zeroes), 0));
  return {};
}

void AddressSpace::start_heap(uint64_t address) {
  MutexLock lock(mutex_);
  heap_ = {address, address};
}

Result<> AddressSpace::map_stack() {
  MutexLock lock(mutex_);
  Vma stack;
  stack.start = kStackTop - stack_size(limits_.stack);
  stack.end = kStackTop;
  stack.protection = PROT_READ | PROT_WRITE;
  stack.flags = kVmaStack | kVmaNoReserve;
  if (vmas_.overlaps(stack.start, stack.end)) return Errno(EEXIST);
  stack_floor_ = kStackTop - std::max(kStackTop - stack.start, kStackRoom);
  return map_loaded(std::move(stack), 0);
}

Result<> AddressSpace::map_loaded(Vma vma, uint64_t content_end) {
  auto same = std::find_if(warm_.begin(), warm_.end(),
                           [&vma](const Vma& warm) { return same_mapping(warm, vma); });
  loaded_.push_back({vma, content_end});
  if (same != warm_.end()) {
    warm_.erase(same);
    vmas_.insert(std::move(vma));
    return {};
  }
  // Another layout than last time (a stack of another size).
  for (auto it = warm_.begin(); it != warm_.end();) {
    bool overlaps = it->start < vma.end && vma.start < it->end;
    if (overlaps) TRY(pages_.release(it->start, it->size()));
    it = overlaps ? warm_.erase(it) : std::next(it);
  }
  return map_over(std::move(vma));
}

Result<> AddressSpace::finish_loading() {
  MutexLock lock(mutex_);
  for (; !warm_.empty(); warm_.pop_back()) {
    TRY(pages_.release(warm_.back().start, warm_.back().size()));
  }
  std::sort(loaded_.begin(), loaded_.end(),
            [](const Loaded& a, const Loaded& b) { return a.mapping.start < b.mapping.start; });
  recyclable_ = true;
  return {};
}

void AddressSpace::note_change(uint64_t start, uint64_t end) {
  if (!recyclable_) return;
  recyclable_ = std::none_of(loaded_.begin(), loaded_.end(), [&](const Loaded& loaded) {
    return loaded.mapping.start < end && start < loaded.mapping.end;
  });
}

bool AddressSpace::clean(const Loaded& loaded) {
  const Vma& mapping = loaded.mapping;
  // Not writable for the cage since it was loaded (that would have been a change), so as it was.
  if (!mapping.writable()) return true;
  uint64_t keep_start = mapping.start;
  uint64_t keep_end = mapping.end;
  uint64_t zero_start = loaded.content_end;
  if (mapping.has(kVmaStack)) {
    keep_start = zero_start = std::max(mapping.start, mapping.end - kWarmStack);
  } else {
    if (loaded.content_end - mapping.start > kWarmContent) return false;
    keep_end = std::min(mapping.end, std::max(loaded.content_end, mapping.start + kWarmData));
  }
  // All pages but these few lose their content and their memory.
  uint64_t drop_start = mapping.has(kVmaStack) ? mapping.start : keep_end;
  uint64_t drop_end = mapping.has(kVmaStack) ? keep_start : mapping.end;
  if (drop_start < drop_end &&
      !pages_.advise(drop_start, drop_end - drop_start, MADV_DONTNEED).ok()) {
    return false;
  }
  return guest_memory().fill(GuestAddr{zero_start}, std::byte{0}, keep_end - zero_start).ok();
}

bool AddressSpace::recycle() {
  if (!recyclable_ || pages_.left_something()) return false;
  // What the program mapped lies between what the loader did.
  uint64_t gap_start = sfi::kGuestStart;
  for (const Loaded& loaded : loaded_) {
    if (!unmap_range(gap_start, loaded.mapping.start).ok()) return false;
    gap_start = loaded.mapping.end;
  }
  if (!unmap_range(gap_start, sfi::kGuestEnd).ok()) return false;
  return std::all_of(loaded_.begin(), loaded_.end(),
                     [this](const Loaded& loaded) REQUIRES(mutex_) { return clean(loaded); });
}

void AddressSpace::set_limits(const MemoryLimits& limits) {
  MutexLock lock(mutex_);
  limits_ = limits;
  const Vma* stack = vmas_.at(kStackTop - 1);
  if (stack == nullptr || !stack->has(kVmaStack)) return;
  Vma more = *stack;
  more.start = std::max(kStackTop - stack_size(limits.stack), stack_floor_);
  more.end = stack->start;
  if (more.start >= more.end || vmas_.overlaps(more.start, more.end)) return;
  // If the host has no memory for it, the stack stays as it is: a limit promises nothing.
  static_cast<void>(map_over(std::move(more)));
}

}  // namespace rawposix::mm
