// SPDX-License-Identifier: Apache-2.0
// The host's side of an address space: what is mapped where in one slot. Addresses are offsets,
// page-aligned and inside [kGuestStart, kGuestEnd]; callers have checked that.
//
// Invariant: every address of the slot is mapped or reserved at every moment, whatever fails, so
// that no mapping of the host's can appear inside.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sfi/slots.h"
#include "support/result.h"

namespace rawposix::mm {

class SlotPages {
 public:
  explicit SlotPages(sfi::Slot slot) : slot_(std::move(slot)) {}

  std::byte* base() const { return slot_.base(); }
  // Ends this object's use of the slot, whose mappings stay.
  sfi::Slot take_slot() { return std::move(slot_); }

  // What became of a range whose new mapping failed.
  enum class Remains : uint8_t { kUntouched, kGone };
  struct Failure {
    Errno error;
    Remains old_pages;
  };

  // Maps over whatever is there. `flags`: MAP_SHARED or MAP_PRIVATE, MAP_NORESERVE.
  Result<void, Failure> map(uint64_t start, uint64_t size, int protection, int flags, int fd = -1,
                            uint64_t file_offset = 0);
  // Drops the pages and reserves the range again.
  Result<> release(uint64_t start, uint64_t size);
  Result<> protect(uint64_t start, uint64_t size, int protection);
  Result<> advise(uint64_t start, uint64_t size, int advice);
  Result<> sync(uint64_t start, uint64_t size, int flags);
  Result<> resident(uint64_t start, uint64_t size, unsigned char* pages);

  // Moves pages to a reserved range; what was there shows an empty mapping of the same kind.
  Result<> move(uint64_t from, uint64_t size, uint64_t to);
  // Puts private anonymous pages from elsewhere on the host over whatever is there. The range where
  // they came from stays mapped, and empty.
  Result<> place(std::byte* from, uint64_t size, uint64_t to);
  // Maps the pages of a shared mapping a second time, over a reserved range.
  Result<> duplicate_shared(uint64_t from, uint64_t size, uint64_t to);
  // The same for pages in another slot, over whatever is there.
  Result<> share(std::byte* from, uint64_t size, uint64_t to, int protection);

 private:
  std::byte* host(uint64_t offset) const { return slot_.base() + offset; }
  // After a failed call that may have unmapped the range first: reserves it if it did.
  Remains reserve_if_unmapped(uint64_t start, uint64_t size);

  sfi::Slot slot_;
};

}  // namespace rawposix::mm
