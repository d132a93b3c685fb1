// SPDX-License-Identifier: Apache-2.0
// Decides about one instruction from its header: allowed or not, and what remains to be checked
// where it stands.
#pragma once

#include <cstdint>

#include "verify/decoder.h"
#include "verify/header.h"
#include "verify/rule.h"

namespace rawposix::verify {

// What a header leaves open: conditions on displacement and immediate, and on neighbours.
enum Trait : uint16_t {
  kStackAddress = 1 << 0,      // d(%rsp): check d
  kRipAddress = 1 << 1,        // d(%rip): check the target
  kRelativeBranch = 1 << 2,    // the immediate is the distance: check the target
  kZeroDisplacement = 1 << 3,  // a nop: d must be 0
  kThreadPointer = 1 << 4,     // 8(%r14): d must be 8
  kEntry = 1 << 5,             // jmp *d(%r14): d must be 16 or 24
  kStackAlign = 1 << 6,        // and $imm8, %rsp: must be negative
  kReadsScratch = 1 << 7,      // reads 64-bit %r11: only as second half of Q5
  kDefinesScratch = 1 << 8,    // may be the first half of Q5
  kWritesStack = 1 << 9,       // writes %esp: only as the operation of Q2
  kKeepsFlags = 1 << 10,       // ... or of Q3
  kMasksScratch = 1 << 11,     // and $imm8, %r11d: may begin Q1
  kLoadsBase = 1 << 12,        // mov (%r14), %r11: begins Q3 or Q4
};

// Depends on the header alone: not on displacement, immediate, position or neighbours.
struct Verdict {
  Rule rule = Rule::kNone;
  uint8_t immediate_size = 0;
  uint16_t traits = 0;
};

// `window` (kWindow readable bytes) starts with the instruction that `header` was parsed from.
Verdict judge(const Decoder& decoder, const uint8_t* window, const Header& header);

}  // namespace rawposix::verify
