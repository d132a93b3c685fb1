// SPDX-License-Identifier: Apache-2.0
// Where host code may fault on guest memory, and where it then goes on. The fault handler looks the
// faulting instruction up here; an address that is not found is a bug of the host's.
#pragma once

#include <cstdint>

namespace rawposix::sfi {

// Each field is an offset from its own address, so that the table needs no relocation. A fault at
// start <= rip < end continues at `landing` with all other registers as they were.
struct Fixup {
  int32_t start;
  int32_t end;
  int32_t landing;
};

extern "C" {
extern const Fixup sfi_fixups[] __attribute__((visibility("hidden")));
extern const Fixup sfi_fixups_end[] __attribute__((visibility("hidden")));
}

// The address to continue at after a fault at `rip`, 0 if faults are not expected there. Safe in
// signal handlers.
inline uintptr_t find_fixup(uintptr_t rip) {
  auto resolve = [](const int32_t& field) {
    return reinterpret_cast<uintptr_t>(&field) + static_cast<uintptr_t>(intptr_t{field});
  };
  for (const Fixup* fixup = sfi_fixups; fixup != sfi_fixups_end; ++fixup) {
    if (rip >= resolve(fixup->start) && rip < resolve(fixup->end)) return resolve(fixup->landing);
  }
  return 0;
}

}  // namespace rawposix::sfi
