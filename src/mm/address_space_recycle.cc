// SPDX-License-Identifier: Apache-2.0
// Slots used again: what the owner before has left mapped stays, with its pages, as far as the next
// one maps the same.
//
// All pages are dirty. Whoever takes the slot overwrites, clears or drops every one of them, and
// leaves no trace in which pages are in memory, which a cage can find out (mincore(2), or by the
// time that touching them takes): after exec that depends on the image alone, after fork on the
// parent alone.
#include <algorithm>
#include <utility>

#include "host/page_map.h"
#include "mm/address_space.h"
#include "mm/host_view.h"

namespace rawposix::mm {
namespace {

using sfi::kPageSize;

// What exec finds in memory, besides what the loader fills.
constexpr uint64_t kWarmStack = 4 * kPageSize;
constexpr uint64_t kWarmData = 16 * kPageSize;
constexpr uint64_t kWarmContent = 64 * kPageSize;

// What is kept for the next owner, at most, besides WarmSlots::kMostKept: the stack, and mappings
// of the host's, which others may need more.
constexpr uint64_t kKeptStack = 32 * kPageSize;
constexpr size_t kKeptEdges = 64;

}  // namespace

// Makes a mapping of the image or the stack, which may hold pages of the slot's last owner, as if
// it were new; what the loader fills is left to it.
Result<> AddressSpace::clean(const Vma& loaded, uint64_t content_end) {
  // Text can't be written, and what else is the file's was kept only if it wasn't.
  if (!loaded.anonymous_on_host()) return {};
  uint64_t kept = loaded.start;
  uint64_t kept_end = loaded.start;
  if (loaded.has(kVmaStack)) {
    kept = std::max(loaded.start, loaded.end - kWarmStack);
    kept_end = loaded.end;
  } else if (loaded.writable()) {
    uint64_t content = std::min(content_end - loaded.start, kWarmContent);
    kept_end = std::min(loaded.end, loaded.start + std::max(content, kWarmData));
  }
  if (loaded.start < kept) {
    TRY(pages_.advise(loaded.start, kept - loaded.start, MADV_DONTNEED));
  }
  if (kept_end < loaded.end) {
    TRY(pages_.advise(kept_end, loaded.end - kept_end, MADV_DONTNEED));
  }
  uint64_t zeroes = std::max(kept, content_end);
  if (zeroes >= kept_end) return {};
  return guest_memory().fill(GuestAddr{zeroes}, std::byte{0}, kept_end - zeroes);
}

// Whether the next owner can make use of a mapping. Files must not stay in use, nor memory that is
// shared.
bool AddressSpace::is_reusable(const Vma& vma) const {
  if (vma.anonymous_on_host()) return true;
  return vma.file == image_ && (vma.has(kVmaText) || vma.has(kVmaUnwritten));
}

std::optional<WarmSlot> AddressSpace::retire() {
  if (!recyclable_ || image_ == nullptr || pages_.unsure()) return std::nullopt;
  VmaSet kept;
  for (const auto& [start, vma] : vmas_) {
    (is_reusable(vma) ? kept : warm_).insert(host_view(vma));
  }
  if (!release_left(pages_, warm_, kept).ok()) return std::nullopt;
  auto bytes = drop_excess(kept);
  if (!bytes.ok() || pages_.host_map().edges() > kKeptEdges) return std::nullopt;
  return WarmSlot{std::move(pages_), std::move(image_), std::move(kept), bytes.value()};
}

// Lets go of what is too much to be kept in memory. Returns what may be left of it.
Result<uint64_t> AddressSpace::drop_excess(VmaSet& kept) {
  uint64_t stack_start = sfi::kStackTop;
  if (const Vma* stack = kept.at(sfi::kStackTop - 1); stack != nullptr) {
    stack_start = stack->start;
    const uint64_t size = stack->size();
    if (size > kKeptStack) {
      TRY(pages_.advise(stack_start, size - kKeptStack, MADV_DONTNEED));
    }
  }
  std::vector<host::PageRange> memory;
  for (const auto& [start, view] : kept) {
    if (view.file == nullptr && start < stack_start) memory.push_back({start, view.end});
  }
  const uint64_t size = host::total_size(memory);
  if (size <= WarmSlots::kMostKept) return size + kKeptStack;

  // Up to here there is little enough.
  uint64_t limit = stack_start;
  uint64_t bytes = 0;
  const auto held = TRY(host::private_runs(base(), memory, host::PageKinds::kWithContent));
  for (const host::PageRange& run : held) {
    const uint64_t taken = std::min(run.end - run.start, WarmSlots::kMostKept - bytes);
    bytes += taken;
    if (taken == run.end - run.start) continue;
    limit = run.start + taken;
    break;
  }
  for (const host::PageRange& range : memory) {
    const uint64_t start = std::max(range.start, limit);
    if (start >= range.end) continue;
    TRY(pages_.release(start, range.end - start));
    kept.remove(start, range.end);
  }
  return bytes + kKeptStack;
}

}  // namespace rawposix::mm
