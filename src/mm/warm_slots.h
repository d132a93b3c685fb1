// SPDX-License-Identifier: Apache-2.0
// Slots that ran a program before and keep what its next run needs: the image's mappings, and the
// first pages of data and stack, cleaned. Mapping, faulting and unmapping them again is most of
// what starting a small program costs.
//
// Which pages stay depends on the image alone, never on what the last cage did, so that their
// presence tells the next owner nothing. Thread-safe. Lock order: kSlots.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <vector>

#include "mm/slot_pages.h"
#include "mm/vma.h"
#include "sfi/slots.h"
#include "support/mutex.h"

namespace rawposix::mm {

// What is mapped in a warm slot: host mappings as the loader made them. All anonymous pages are
// zero but those below file_end of writable segments, which the loader fills each time.
struct WarmSlot {
  SlotPages pages;
  std::shared_ptr<const MappedFile> image;
  std::vector<Vma> mappings;
};

class WarmSlots {
 public:
  static constexpr size_t kDefaultSlots = 32;

  explicit WarmSlots(sfi::SlotArena& arena, size_t max_slots = kDefaultSlots)
      : arena_(arena), max_slots_(max_slots) {}

  sfi::SlotArena& arena() const { return arena_; }
  // The slot that ran `image` last, if there is one.
  std::optional<WarmSlot> take(const MappedFile* image) EXCLUDES(mutex_);
  // Beyond the limit the slot that was put back first goes cold.
  void put(WarmSlot slot) EXCLUDES(mutex_);
  size_t size() const EXCLUDES(mutex_);

 private:
  sfi::SlotArena& arena_;
  const size_t max_slots_;
  mutable Mutex mutex_{LockRank::kSlots};
  std::list<WarmSlot> slots_ GUARDED_BY(mutex_);  // last put first
};

}  // namespace rawposix::mm
