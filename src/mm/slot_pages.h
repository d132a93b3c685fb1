// SPDX-License-Identifier: Apache-2.0
// The host's side of an address space: what is mapped where in one slot. Addresses are offsets,
// page-aligned and inside [kGuestStart, kGuestEnd]; callers have checked that.
//
// Invariant: every address of the slot is mapped or reserved at every moment, whatever fails, so
// that no mapping of the host's can appear inside.
//
// Everything that changes the host's mappings of a slot goes through here and is counted (HostMap).
// Beyond the slot's share of the process's mappings it is ENOMEM, as on Linux at vm.max_map_count;
// nothing has changed then.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mm/host_map.h"
#include "sfi/slots.h"
#include "support/budget.h"
#include "support/result.h"

namespace rawposix::mm {

class SlotPages {
 public:
  explicit SlotPages(sfi::Slot slot) : share_(slot.mapping_budget()), slot_(std::move(slot)) {}

  std::byte* base() const { return slot_.base(); }
  const HostMap& host_map() const { return map_; }
  // Whether a change has failed half way: there may be pages or rights that nobody knows of.
  bool unsure() const { return unsure_; }

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
  // MADV_HUGEPAGE or MADV_NOHUGEPAGE.
  Result<> prefer_page_size(uint64_t start, uint64_t size, int advice);

  // Moves pages to a reserved range; what was there shows an empty mapping of the same kind.
  Result<> move(uint64_t from, uint64_t size, uint64_t to);
  // Puts private anonymous pages from elsewhere on the host over whatever is there. The range where
  // they came from stays mapped, and empty.
  Result<> place(std::byte* from, uint64_t size, uint64_t to);
  // Maps the pages of a shared mapping a second time, over a reserved range.
  Result<> duplicate_shared(uint64_t from, uint64_t size, uint64_t to);
  // The same for pages in another slot, over whatever is there.
  Result<> share(std::byte* from, uint64_t size, uint64_t to, int protection);

  // These leave mappings as they are, and need no lock of the caller's.
  // Any other advice.
  Result<> advise(uint64_t start, uint64_t size, int advice) const;
  Result<> sync(uint64_t start, uint64_t size, int flags) const;
  Result<> resident(uint64_t start, uint64_t size, unsigned char* pages) const;

 private:
  std::byte* host(uint64_t offset) const { return slot_.base() + offset; }
  // Sees to it that a range is mapped: reserves it if it isn't.
  Remains close_hole(uint64_t start, uint64_t size) const;
  // After a failed call that was to map the range, and may have unmapped or cut it first.
  Remains clean_up(uint64_t start, uint64_t size);
  Result<> move_parts(uint64_t from, uint64_t size, uint64_t to);

  // Has enough mappings at hand for a change that adds what `growth` says, at most. ENOMEM.
  template <class Growth>
  Result<> make_room(Growth growth);
  // Gives back what isn't needed after a change.
  void settle();
  // Asks the host which edges are real, if that is worth its time.
  bool recount();

  Budget::Share share_;  // given back after the slot is
  sfi::Slot slot_;
  HostMap map_;
  bool unsure_ = false;
};

}  // namespace rawposix::mm
