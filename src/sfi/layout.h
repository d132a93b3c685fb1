// SPDX-License-Identifier: Apache-2.0
// Every constant of the address space; docs/sfi.md sections 1 and 7. All are offsets into a slot.
#pragma once

#include <cstdint>

namespace rawposix::sfi {

inline constexpr uint64_t kPageSize = 4096;
inline constexpr uint64_t kSlotSize = uint64_t{1} << 32;
// Never mapped at either end of a slot: catches null pointers, small displacements from %rsp and
// accesses that straddle the slot's end.
inline constexpr uint64_t kGuardSize = 64 * 1024;
inline constexpr uint64_t kGuestStart = kGuardSize;
inline constexpr uint64_t kGuestEnd = kSlotSize - kGuardSize;

// Images are linked between these.
inline constexpr uint64_t kImageStart = 1024 * 1024;
inline constexpr uint64_t kImageEnd = uint64_t{1} << 31;

// The main stack ends here and grows down; mmap places below its largest extent.
inline constexpr uint64_t kStackTop = kGuestEnd;

inline constexpr uint64_t kBundleSize = 32;

constexpr uint64_t page_down(uint64_t address) { return address & ~(kPageSize - 1); }
constexpr uint64_t page_up(uint64_t address) { return page_down(address + kPageSize - 1); }
// For any size: rounding up may not overflow.
constexpr uint64_t pages_of(uint64_t size) { return size / kPageSize + (size % kPageSize != 0); }

}  // namespace rawposix::sfi
