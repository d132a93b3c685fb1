// SPDX-License-Identifier: Apache-2.0
// Remembers verdicts by header: real code repeats few shapes many times.
//
// Sound because a verdict depends on the header alone (judge.h), because Header::key() is injective
// up to the order of prefixes, which has no meaning, and because a slot answers for its full key
// only. Displacement, immediate, position and neighbours are checked for every instruction.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "verify/judge.h"

namespace rawposix::verify {

class VerdictMemo {
 public:
  // Sized for the code, so that little code costs little memory.
  explicit VerdictMemo(size_t code_size)
      : slots_(std::bit_ceil(std::clamp<size_t>(code_size / 16, 128, 32768))),
        shift_(64 - std::countr_zero(slots_.size())) {}

  template <typename Judge>
  Verdict get(uint64_t key, Judge&& decide) {
    Slot& slot = slots_[(key * 0x9e3779b97f4a7c15) >> shift_];
    if (slot.key != key) [[unlikely]] {
      slot.verdict = decide();
      slot.key = key;
    }
    return slot.verdict;
  }

 private:
  struct Slot {
    uint64_t key = 0;  // no header's key
    Verdict verdict;
  };
  std::vector<Slot> slots_;
  int shift_;
};

}  // namespace rawposix::verify
