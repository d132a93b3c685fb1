// SPDX-License-Identifier: Apache-2.0
// An address as a guest gives it: an offset into its slot, 64 bits wide and not yet checked. It
// can't be dereferenced; GuestMemory checks and copies.
#pragma once

#include <compare>
#include <cstdint>

#include "sfi/layout.h"

namespace rawposix::mm {

struct GuestAddr {
  uint64_t value = 0;

  friend constexpr auto operator<=>(GuestAddr, GuestAddr) = default;
  constexpr bool is_null() const { return value == 0; }
  // Wraps as pointer arithmetic does; the copy finds out whether the result is any good.
  constexpr GuestAddr plus(uint64_t bytes) const { return {value + bytes}; }
};

// Whether [start, start+size) lies in the part of a slot that can be mapped. Size 0 is in range at
// any address, as on Linux.
constexpr bool in_guest_range(GuestAddr start, uint64_t size) {
  if (size == 0) return true;
  return start.value >= sfi::kGuestStart && start.value < sfi::kGuestEnd &&
         size <= sfi::kGuestEnd - start.value;
}

}  // namespace rawposix::mm
