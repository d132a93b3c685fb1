// SPDX-License-Identifier: Apache-2.0
// What the loader needs, and the main stack.
#include <algorithm>
#include <utility>

#include "mm/address_space.h"
#include "mm/host_view.h"

namespace rawposix::mm {
namespace {

using sfi::kPageSize;
using sfi::kStackTop;

// What the main stack may have at least and at most, and the room that is kept free for a stack
// limit raised later (Linux keeps 128 MiB of its larger address space).
constexpr uint64_t kSmallestStack = 128 * 1024;
constexpr uint64_t kLargestStack = uint64_t{1} << 30;
constexpr uint64_t kStackRoom = 64 * 1024 * 1024;

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
    image_ = segment.file;
  } else if (!writable) {
    content.flags = kVmaUnwritten;
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
  TRY(take_over(pages_, warm_, nullptr, host_view(vma)));
  if (used_before_) TRY(clean(vma, content_end));
  vmas_.insert(std::move(vma));
  return {};
}

Result<> AddressSpace::finish_loading() {
  MutexLock lock(mutex_);
  TRY(release_left(pages_, warm_, vmas_));
  recyclable_ = true;
  return {};
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

void AddressSpace::set_layout(ProgramLayout layout) {
  auto fresh = std::make_shared<const ProgramLayout>(std::move(layout));
  MutexLock lock(mutex_);
  layout_ = std::move(fresh);
}

std::shared_ptr<const ProgramLayout> AddressSpace::layout() const {
  MutexLock lock(mutex_);
  return layout_;
}

}  // namespace rawposix::mm
