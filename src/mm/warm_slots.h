// SPDX-License-Identifier: Apache-2.0
// Slots that ran a program before and keep what its next run, or a fork of it, needs: the image's
// mappings and private memory with its pages, up to a budget. Mapping, faulting and unmapping them
// again is most of what starting a small program costs, and nearly all of what forking one does.
//
// Nothing in them is clean: whoever takes a slot overwrites or drops all that was left in it, and
// sees to it that which pages are there tells the cage nothing of the one before
// (address_space_recycle.cc). Thread-safe. Lock order: kSlots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "mm/slot_pages.h"
#include "mm/vma_set.h"
#include "sfi/slots.h"
#include "support/mutex.h"

namespace rawposix::mm {

struct WarmSlot {
  SlotPages pages;
  std::shared_ptr<const MappedFile> image;
  // Views (host_view.h) of what is mapped, to which the host's mappings agree.
  VmaSet mappings;
  // What is in memory, at most.
  uint64_t bytes = 0;
};

class WarmSlots {
 public:
  struct Limits {
    size_t slots = 64;
    uint64_t bytes = uint64_t{64} << 20;
  };

  // Of a slot's memory, in bytes.
  static constexpr uint64_t kMostKept = uint64_t{20} << 20;

  explicit WarmSlots(sfi::SlotArena& arena) : WarmSlots(arena, Limits{}) {}
  WarmSlots(sfi::SlotArena& arena, const Limits& limits) : arena_(arena), limits_(limits) {}

  sfi::SlotArena& arena() const { return arena_; }
  // The slot that ran `image` last, if there is one.
  std::optional<WarmSlot> take(const MappedFile* image) EXCLUDES(mutex_);
  // Beyond the limits the slots that were put back first go cold.
  void put(WarmSlot slot) EXCLUDES(mutex_);
  size_t size() const EXCLUDES(mutex_);

 private:
  sfi::SlotArena& arena_;
  const Limits limits_;
  mutable Mutex mutex_{LockRank::kSlots};
  std::list<WarmSlot> slots_ GUARDED_BY(mutex_);  // last put first
  uint64_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rawposix::mm
