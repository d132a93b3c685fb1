// SPDX-License-Identifier: Apache-2.0
// fork: a copy of the address space in another slot.
#include <algorithm>
#include <utility>

#include "host/page_map.h"
#include "mm/address_space.h"
#include "sfi/safe_copy.h"

namespace rawposix::mm {
namespace {

const MappedFile* image_of(const VmaSet& vmas) {
  for (const auto& [start, vma] : vmas) {
    if (vma.has(kVmaText)) return vma.file.get();
  }
  return nullptr;
}

}  // namespace

// The books of the copy; flags that don't pass to a child are dropped (man 2 madvise, mlock).
AddressSpace::Inheritance AddressSpace::inheritance() const {
  MutexLock lock(mutex_);
  Inheritance all{.limits = limits_,
                  .heap = heap_,
                  .image_data_pages = image_data_pages_,
                  .stack_floor = stack_floor_,
                  .loaded = {},
                  .vmas = {}};
  if (recyclable_) all.loaded = loaded_;
  for (const auto& [start, vma] : vmas_) {
    if (vma.has(kVmaDontFork)) continue;
    Vma copy = vma;
    copy.flags &= ~static_cast<uint32_t>(kVmaLocked);
    all.vmas.push_back(std::move(copy));
  }
  return all;
}

Result<std::unique_ptr<AddressSpace>> AddressSpace::fork() const {
  CHECK(warm_slots_ != nullptr);
  Inheritance all = inheritance();
  VmaSet books;
  for (const Vma& vma : all.vmas) books.insert(vma);
  auto child = TRY(create(*warm_slots_, image_of(books), all.limits));
  TRY(child->inherit(*this, std::move(all)));
  TRY(child->copy_pages(*this, books));
  TRY(child->finish_protection(books));
  return child;
}

// Maps what the parent has. What can hold copied pages is writable until they are there.
Result<> AddressSpace::inherit(const AddressSpace& parent, Inheritance all) {
  MutexLock lock(mutex_);
  for (Loaded& loaded : all.loaded) TRY(map_loaded(loaded.mapping, loaded.content_end));
  for (const Vma& vma : all.vmas) {
    const bool is_loaded =
        std::any_of(all.loaded.begin(), all.loaded.end(), [&vma](const Loaded& loaded) {
          return vma.start >= loaded.mapping.start && vma.end <= loaded.mapping.end;
        });
    if (!is_loaded) TRY(map_inherited(parent, vma));
  }
  vmas_ = VmaSet();
  for (Vma& vma : all.vmas) vmas_.insert(std::move(vma));
  heap_ = all.heap;
  image_data_pages_ = all.image_data_pages;
  stack_floor_ = all.stack_floor;
  for (; !warm_.empty(); warm_.pop_back()) {
    TRY(pages_.release(warm_.back().start, warm_.back().size()));
  }
  recyclable_ = !loaded_.empty();
  return {};
}

Result<> AddressSpace::map_inherited(const AddressSpace& parent, const Vma& vma) {
  if (vma.has(kVmaShared) && vma.file->host_fd < 0) {
    return pages_.share(parent.base() + vma.start, vma.size(), vma.start, vma.protection);
  }
  Vma mapped = vma;
  if (!vma.has(kVmaShared)) mapped.protection |= PROT_READ | PROT_WRITE;
  return map_over(std::move(mapped));
}

Result<> AddressSpace::copy_pages(const AddressSpace& parent, const VmaSet& books) {
  // What the loader filled is stale in a slot that was used before, so all of it is copied.
  for (const Loaded& loaded : loaded_) {
    if (loaded.content_end == 0) continue;
    TRY(copy_range(parent, loaded.mapping.start, loaded.content_end));
  }
  std::byte* base = parent.base();
  return host::for_each_private_run(
      base + sfi::kGuestStart, base + sfi::kGuestEnd, [&](const host::PageRange& run) -> Result<> {
        uint64_t start = static_cast<uint64_t>(run.start - base);
        uint64_t end = static_cast<uint64_t>(run.end - base);
        Result<> outcome;
        books.for_each_in(start, end, [&](const Vma& part) {
          if (part.has(kVmaShared) || part.has(kVmaWipeOnFork) || !outcome.ok()) return;
          outcome = copy_range(parent, part.start, part.end);
        });
        return outcome;
      });
}

Result<> AddressSpace::copy_range(const AddressSpace& parent, uint64_t start, uint64_t end) {
  // SAFETY: both ranges lie in slots; a fault makes the copy return early, and what could not be
  // read stays as it is mapped.
  static_cast<void>(sfi_safe_copy(base() + start, parent.base() + start, end - start));
  return {};
}

Result<> AddressSpace::finish_protection(const VmaSet& books) {
  MutexLock lock(mutex_);
  for (const auto& [start, vma] : books) {
    constexpr int kCopied = PROT_READ | PROT_WRITE;
    if (vma.has(kVmaShared) || (vma.protection & kCopied) == kCopied) continue;
    const bool is_loaded = std::any_of(loaded_.begin(), loaded_.end(), [&](const Loaded& loaded) {
      return vma.start >= loaded.mapping.start && vma.end <= loaded.mapping.end;
    });
    if (!is_loaded) TRY(pages_.protect(vma.start, vma.size(), vma.protection));
  }
  return {};
}

}  // namespace rawposix::mm
