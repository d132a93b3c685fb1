// SPDX-License-Identifier: Apache-2.0
// fork: a copy of the address space in another slot. What the parent has in memory is copied, into
// pages that a warm slot has already where it can be; all else shows what it would after mmap().
//
// The books and the child's mappings are of one moment, under the parent's lock. Its pages are read
// afterwards. Its tasks are kept out of guest code meanwhile, but not calls of Linux that they may
// be in, nor tasks of another cage that shares the memory (CLONE_VM), and any cage can shorten
// files. So what is read may be old or new, and what can't be read any more is dropped in the
// child: whatever happens, no page of the slot's last owner is left there.
#include <linux/mman.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "host/memory.h"
#include "host/page_map.h"
#include "mm/address_space.h"
#include "mm/host_view.h"
#include "sfi/safe_copy.h"

namespace rawposix::mm {
namespace {

using host::PageRange;
using sfi::kPageSize;
using Runs = std::span<const PageRange>;

constexpr int kReadWrite = PROT_READ | PROT_WRITE;

// A call of Linux costs as much as a few faults.
constexpr uint64_t kWorthAsking = 8 * kPageSize;

constexpr uint64_t kHugePage = uint64_t{2} << 20;

enum class Pages : uint8_t { kToCopy, kThatMayBeLeft };

// Where private memory is; mappings that touch are one range. What the books call unwritten shows
// its file alone: should a task make it writable and write now, that is after the fork, and a copy
// would pass for the file's to whoever has the slot next.
std::vector<PageRange> private_ranges(const VmaSet& books, Pages pages) {
  std::vector<PageRange> ranges;
  for (const auto& [start, vma] : books) {
    if (vma.has(kVmaShared)) continue;
    const bool copied = !vma.has(kVmaWipeOnFork) && !vma.has(kVmaUnwritten);
    if (!copied && pages == Pages::kToCopy) continue;
    if (!ranges.empty() && ranges.back().end == start) {
      ranges.back().end = vma.end;
    } else {
      ranges.push_back({start, vma.end});
    }
  }
  return ranges;
}

// What of `all` is not in `taken`. Both are ascending.
std::vector<PageRange> without(Runs all, Runs taken) {
  std::vector<PageRange> rest;
  auto next = taken.begin();
  for (PageRange run : all) {
    while (next != taken.end() && next->end <= run.start) ++next;
    for (auto cut = next; cut != taken.end() && cut->start < run.end; ++cut) {
      if (run.start < cut->start) rest.push_back({run.start, cut->start});
      run.start = cut->end;
    }
    if (run.start < run.end) rest.push_back(run);
  }
  return rest;
}

Result<> copy_range(const SlotPages& child, const std::byte* parent, PageRange range) {
  while (range.start < range.end) {
    // SAFETY: both ranges lie in slots; a fault makes the copy return early, and its count is exact
    // for whole pages.
    uint64_t left =
        sfi_safe_copy(child.base() + range.start, parent + range.start, range.end - range.start);
    if (left == 0) return {};
    range.start = sfi::page_down(range.end - left);
    TRY(child.advise(range.start, kPageSize, MADV_DONTNEED));
    range.start += kPageSize;
  }
  return {};
}

Result<> copy_runs(const SlotPages& child, const std::byte* parent, const Vma& vma, Runs runs) {
  for (const PageRange& run : runs) {
    if (run.start >= vma.end) break;
    const PageRange part{std::max(run.start, vma.start), std::min(run.end, vma.end)};
    TRY(copy_range(child, parent, part));
  }
  return {};
}

// Sees to it that what the last owner left in the child's private memory is dropped, but for
// `held`, which is going to be overwritten.
Result<> drop_others(const SlotPages& child, Runs left, Runs held) {
  for (const PageRange& run : without(left, held)) {
    TRY(child.advise(run.start, run.end - run.start, MADV_DONTNEED));
  }
  return {};
}

// Has Linux take huge pages for what of a run is whole ones, unless small ones are asked for.
void prefer_huge_pages(SlotPages& child, const VmaSet& books, PageRange run) {
  const uint64_t start = (run.start + kHugePage - 1) & ~(kHugePage - 1);
  const uint64_t end = run.end & ~(kHugePage - 1);
  if (start >= end) return;
  bool small = false;
  books.for_each_in(start, end, [&](const Vma& vma) { small |= vma.has(kVmaNoHugePages); });
  // Where it can't be had, the copy takes longer.
  if (!small) static_cast<void>(child.prefer_page_size(start, end - start, MADV_HUGEPAGE));
}

// Gets memory for `missing` and has Linux copy it: at less cost than a fault for each page, and
// another one in a virtual machine. Returns what is done; the rest can't be had this way, or not be
// read, and is left to the copy.
std::vector<PageRange> add_pages(const SlotPages& child, const std::byte* parent, Runs missing) {
  std::vector<PageRange> copied;
  for (const PageRange& run : missing) {
    const uint64_t size = run.end - run.start;
    if (size < kWorthAsking) continue;
    if (!child.advise(run.start, size, MADV_POPULATE_WRITE).ok()) continue;
    if (host::copy_memory(child.base() + run.start, parent + run.start, size).ok()) {
      copied.push_back(run);
    }
  }
  return copied;
}

}  // namespace

// Flags that don't pass to a child are dropped (man 2 madvise, mlock).
AddressSpace::Inheritance AddressSpace::inheritance() const {
  Inheritance all{.limits = limits_,
                  .heap = heap_,
                  .image_data_pages = image_data_pages_,
                  .stack_floor = stack_floor_,
                  .image = image_,
                  .layout = layout_,
                  .vmas = {}};
  for (const auto& [start, vma] : vmas_) {
    if (vma.has(kVmaDontFork)) continue;
    Vma copy = vma;
    copy.flags &= ~static_cast<uint32_t>(kVmaLocked);
    all.vmas.insert(std::move(copy));
  }
  return all;
}

AddressSpace::AddressSpace(SlotPages pages, WarmSlots& slots, Inheritance all)
    : pages_(std::move(pages)),
      vmas_(std::move(all.vmas)),
      limits_(all.limits),
      heap_(all.heap),
      image_data_pages_(all.image_data_pages),
      stack_floor_(all.stack_floor),
      layout_(std::move(all.layout)),
      warm_slots_(&slots),
      image_(std::move(all.image)),
      recyclable_(true) {}

std::shared_ptr<const MappedFile> AddressSpace::image() const {
  MutexLock lock(mutex_);
  return image_;
}

Result<std::unique_ptr<AddressSpace>> AddressSpace::fork(host::PageMapMethod method) {
  CHECK(warm_slots_ != nullptr);
  if (auto warm = warm_slots_->take(image().get()); warm.has_value()) {
    auto child = fork_into(std::move(*warm), method);
    if (child.ok()) return child;
    // What is left there may need more of the host's mappings than can be had.
  }
  sfi::Slot fresh = TRY(warm_slots_->arena().acquire());
  return fork_into(WarmSlot{SlotPages(std::move(fresh)), nullptr, {}, 0}, method);
}

Result<std::unique_ptr<AddressSpace>> AddressSpace::fork_into(WarmSlot slot,
                                                              host::PageMapMethod method) {
  const bool used_before = !slot.mappings.empty();
  Inheritance all;
  {
    MutexLock lock(mutex_);
    all = inheritance();
    TRY(map_inherited(slot, all.vmas));
  }
  const auto held = TRY(host::private_runs(base(), private_ranges(all.vmas, Pages::kToCopy),
                                           host::PageKinds::kWithContent, method));
  std::vector<PageRange> left;
  if (used_before) {
    left =
        TRY(host::private_runs(slot.pages.base(), private_ranges(all.vmas, Pages::kThatMayBeLeft),
                               host::PageKinds::kAll, method));
  }
  TRY(drop_others(slot.pages, left, held));
  const auto missing = without(held, left);
  // As much as that isn't kept for the next owner, who would find ranges that prefer huge pages.
  const bool large = host::total_size(missing) > WarmSlots::kMostKept;
  if (large) {
    for (const PageRange& run : missing) prefer_huge_pages(slot.pages, all.vmas, run);
  }
  const auto copied = add_pages(slot.pages, base(), missing);
  TRY(copy_pages(slot.pages, all.vmas, without(held, copied)));
  std::unique_ptr<AddressSpace> child(
      new AddressSpace(std::move(slot.pages), *warm_slots_, std::move(all)));
  MutexLock lock(child->mutex_);
  child->recyclable_ = !large;
  return child;
}

// Nothing of the parent changes, but memory that is shared is mapped from where it is there.
Result<> AddressSpace::map_inherited(WarmSlot& slot, const VmaSet& books) const {
  Vma view;
  for (const auto& [start, vma] : books) {
    Vma next = host_view(vma);
    if (view.end != 0 && view.continues_in(next)) {
      view.end = next.end;
      continue;
    }
    if (view.end != 0) TRY(take_over(slot.pages, slot.mappings, base(), view));
    view = std::move(next);
  }
  if (view.end != 0) TRY(take_over(slot.pages, slot.mappings, base(), view));
  return release_left(slot.pages, slot.mappings, books);
}

Result<> AddressSpace::copy_pages(SlotPages& child, const VmaSet& books, Runs runs) {
  for (const auto& [start, vma] : books) {
    while (!runs.empty() && runs.front().end <= start) runs = runs.subspan(1);
    if (runs.empty()) break;
    if (runs.front().start < vma.end) TRY(copy_mapping(child, vma, runs));
  }
  return {};
}

Result<> AddressSpace::copy_mapping(SlotPages& child, const Vma& vma, Runs runs) {
  // All of the mapping, so that it stays one.
  if (!vma.writable()) TRY(child.protect(vma.start, vma.size(), kReadWrite));
  if (vma.protection == PROT_NONE) {
    TRY(copy_inaccessible(child, vma, runs));
  } else {
    TRY(copy_runs(child, base(), vma, runs));
  }
  if (!vma.writable()) TRY(child.protect(vma.start, vma.size(), vma.protection));
  return {};
}

// What nobody can read has to be made readable in the parent. The lock is held over it so that
// nothing else is mapped there meanwhile, and two forks don't get in each other's way; there is no
// file to wait for, since the runs are private pages.
Result<> AddressSpace::copy_inaccessible(SlotPages& child, const Vma& vma, Runs runs) {
  MutexLock lock(mutex_);
  std::vector<PageRange> opened;
  Result<> outcome;
  vmas_.for_each_in(vma.start, vma.end, [&](const Vma& part) REQUIRES(mutex_) {
    if (part.protection != PROT_NONE || part.has(kVmaShared) || !outcome.ok()) return;
    opened.push_back({part.start, part.end});
    outcome = pages_.protect(part.start, part.size(), PROT_READ);
  });
  if (outcome.ok()) outcome = copy_runs(child, base(), vma, runs);
  for (const PageRange& range : opened) {
    Result<> closed = pages_.protect(range.start, range.end - range.start, PROT_NONE);
    if (!closed.ok()) outcome = closed;
  }
  return outcome;
}

}  // namespace rawposix::mm
