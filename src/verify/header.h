// SPDX-License-Identifier: Apache-2.0
// The header of an instruction: all its bytes before displacement and immediate. Split without a
// decoder, so that decisions about equal headers can be shared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "verify/rule.h"

namespace rawposix::verify {

inline constexpr size_t kMaxInstruction = 15;
// What parse_header may read: the longest header has 6 prefixes, REX, 3 opcode bytes, ModRM, SIB.
inline constexpr size_t kWindow = 16;

enum class Encoding : uint8_t { kLegacy = 0, kVex2 = 1, kVex3 = 2, kEvex = 3 };

// Legacy prefixes, as a set: none may stand twice and their order has no meaning.
enum Prefix : uint8_t {
  kPrefix66 = 1,
  kPrefix67 = 2,
  kPrefixF2 = 4,
  kPrefixF3 = 8,
  kPrefixF0 = 16,
  kPrefix65 = 32,
};

struct Header {
  uint8_t prefixes = 0;
  Encoding encoding = Encoding::kLegacy;
  uint8_t map = 0;  // legacy maps 0 to 3; 0 with VEX and EVEX, whose payload names the map
  std::array<uint8_t, 3> payload = {};  // REX or 0; the bytes after C5, C4, 62
  uint8_t opcode = 0;
  bool has_modrm = false;
  bool has_sib = false;
  uint8_t modrm = 0;
  uint8_t sib = 0;

  uint8_t extension_position = 0;  // of REX, C5, C4 or 62
  uint8_t size = 0;
  uint8_t displacement_size = 0;

  uint8_t rex() const { return encoding == Encoding::kLegacy ? payload[0] : uint8_t{0}; }
  // Injective: two headers have equal keys only if they are the same bytes, but for the order of
  // their prefixes. Never 0.
  uint64_t key() const {
    return uint64_t{prefixes} | uint64_t{static_cast<uint8_t>(encoding)} << 8 |
           uint64_t{map} << 10 | uint64_t{1} << 15 | uint64_t{payload[0]} << 16 |
           uint64_t{payload[1]} << 24 | uint64_t{payload[2]} << 32 | uint64_t{opcode} << 40 |
           uint64_t{modrm} << 48 | uint64_t{sib} << 56;
  }
};

// Splits the instruction at `window` (kWindow readable bytes). The answer is the rule that its
// prefixes break, or kNone. What it takes for a ModRM byte is checked against the decoder by
// judge().
Rule parse_header(const uint8_t* window, Header& header);

}  // namespace rawposix::verify
