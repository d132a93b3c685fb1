// SPDX-License-Identifier: Apache-2.0
#include "mm/warm_slots.h"

#include <algorithm>
#include <utility>

namespace rawposix::mm {

std::optional<WarmSlot> WarmSlots::take(const MappedFile* image) {
  MutexLock lock(mutex_);
  auto found = std::find_if(slots_.begin(), slots_.end(),
                            [image](const WarmSlot& slot) { return slot.image.get() == image; });
  if (found == slots_.end()) return std::nullopt;
  WarmSlot slot = std::move(*found);
  slots_.erase(found);
  bytes_ -= slot.bytes;
  return slot;
}

void WarmSlots::put(WarmSlot slot) {
  // What falls out is given back after the lock is: that takes the arena's, of the same rank.
  std::list<WarmSlot> cold;
  MutexLock lock(mutex_);
  bytes_ += slot.bytes;
  slots_.push_front(std::move(slot));
  while (slots_.size() > limits_.slots || bytes_ > limits_.bytes) {
    bytes_ -= slots_.back().bytes;
    cold.splice(cold.begin(), slots_, std::prev(slots_.end()));
  }
}

size_t WarmSlots::size() const {
  MutexLock lock(mutex_);
  return slots_.size();
}

}  // namespace rawposix::mm
