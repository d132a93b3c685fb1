// SPDX-License-Identifier: Apache-2.0
// The decoder behind the verifier: Zydis, in 64-bit mode, with all operands including hidden ones.
#pragma once

#include <Zydis/Zydis.h>

#include <array>
#include <cstdint>
#include <span>

#include "verify/header.h"
#include "verify/rule.h"

namespace rawposix::verify {

struct Decoded {
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> storage;

  std::span<const ZydisDecodedOperand> operands() const {
    return {storage.data(), instruction.operand_count};
  }
  // The operands that stand in the encoding.
  std::span<const ZydisDecodedOperand> visible() const {
    return {storage.data(), instruction.operand_count_visible};
  }
};

class Decoder {
 public:
  Decoder();

  // Decodes up to kMaxInstruction bytes. The answer is the rule that is broken, or kNone.
  Rule decode(const uint8_t* window, Decoded& decoded) const;

  // Length alone; 0 if the bytes are no instruction.
  uint8_t length(std::span<const uint8_t> bytes) const;

 private:
  ZydisDecoder decoder_;
};

// Whether two instructions do the same: equal but for the bits that the processor ignores.
bool same_meaning(const Decoded& a, const Decoded& b);

}  // namespace rawposix::verify
