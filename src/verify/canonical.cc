// SPDX-License-Identifier: Apache-2.0
#include "verify/canonical.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace rawposix::verify {
namespace {

using Window = std::array<uint8_t, kWindow>;

// Tells whether changes of the header change what the instruction does.
class Probe {
 public:
  Probe(const Decoder& decoder, const uint8_t* window, const Header& header, const Decoded& decoded)
      : decoder_(decoder), header_(header), decoded_(decoded) {
    std::memcpy(window_.data(), window, kWindow);
  }

  // Bits `mask` of extension byte `index` (REX, or the payload after C5, C4, 62) differ from their
  // neutral value and could have it without a change of meaning.
  bool bits_ignored(unsigned index, uint8_t mask, uint8_t neutral) const {
    unsigned first = header_.encoding == Encoding::kLegacy ? 0 : 1;
    unsigned position = header_.extension_position + first + index;
    if ((window_[position] & mask) == neutral) return false;
    Window changed = window_;
    changed[position] = static_cast<uint8_t>((changed[position] & ~mask) | neutral);
    return same(changed);
  }

  // The byte at `position` could be left out.
  bool byte_ignored(unsigned position) const {
    Window changed = {};
    auto* out = std::copy_n(window_.begin(), position, changed.begin());
    std::copy(window_.begin() + position + 1, window_.end(), out);
    return same(changed);
  }

  bool prefix_ignored(uint8_t prefix_byte) const {
    const uint8_t* end = window_.begin() + header_.extension_position;
    const uint8_t* found = std::find(window_.begin(), end, prefix_byte);
    return found != end && byte_ignored(static_cast<unsigned>(found - window_.begin()));
  }

 private:
  bool same(const Window& changed) const {
    Decoded other;
    return decoder_.decode(changed.data(), other) == Rule::kNone && same_meaning(decoded_, other);
  }

  const Decoder& decoder_;
  const Header& header_;
  const Decoded& decoded_;
  Window window_;
};

bool has_vector_index(const Decoded& decoded) {
  return std::any_of(decoded.visible().begin(), decoded.visible().end(), [](const auto& operand) {
    return operand.type == ZYDIS_OPERAND_TYPE_MEMORY && operand.mem.type == ZYDIS_MEMOP_TYPE_VSIB;
  });
}

// Whether a register numbered 8 or above was decoded from the field that REX bit `bit` (R 4, X 2, B
// 1) extends: then the bit has its effect, and needs no probing.
bool rex_extends(const Decoded& decoded, uint8_t bit) {
  auto high = [](ZydisRegister reg) { return ZydisRegisterGetId(reg) >= 8; };
  return std::any_of(decoded.visible().begin(), decoded.visible().end(), [&](const auto& operand) {
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
      return (bit == 1 && high(operand.mem.base)) || (bit == 2 && high(operand.mem.index));
    }
    if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER || !high(operand.reg.value)) return false;
    if (operand.encoding == ZYDIS_OPERAND_ENCODING_MODRM_REG) return bit == 4;
    bool extended_by_b = operand.encoding == ZYDIS_OPERAND_ENCODING_MODRM_RM ||
                         operand.encoding == ZYDIS_OPERAND_ENCODING_OPCODE;
    return bit == 1 && extended_by_b;
  });
}

// Opcodes whose operands have the size that REX.W selects (Ev, Gv in Intel SDM 2D, table A-2), so
// that W need not be probed: arithmetic, movslq, imul, test, xchg, mov, lea, shifts.
bool rex_selects_size(const Header& header) {
  if (header.map != 0) return false;
  uint8_t op = header.opcode;
  if (op < 0x40) return (op & 7) == 1 || (op & 7) == 3;
  switch (op) {
    case 0x63:
    case 0x69:
    case 0x6b:
    case 0x81:
    case 0x83:
    case 0x85:
    case 0x87:
    case 0x89:
    case 0x8b:
    case 0x8d:
    case 0xc1:
    case 0xc7:
    case 0xd1:
    case 0xd3:
    case 0xf7:
      return true;
    default:
      return false;
  }
}

// Whether the effect of a set REX bit is known without probing.
bool rex_bit_counts(const Header& header, const Decoded& decoded, uint8_t bit) {
  if ((header.rex() & bit) == 0) return false;
  return bit == 8 ? rex_selects_size(header) : rex_extends(decoded, bit);
}

bool index_extended(const Header& header) {
  switch (header.encoding) {
    case Encoding::kLegacy:
      return (header.rex() & 2) != 0;
    case Encoding::kVex2:
      return false;
    default:
      return (header.payload[0] & 0x40) == 0;
  }
}

// A SIB byte without index serves %rsp, %r12 and absolute addresses only, and has no scale.
bool sib_redundant(const Header& header, const Decoded& decoded) {
  if (!header.has_sib || has_vector_index(decoded)) return false;
  bool no_index = ((header.sib >> 3) & 7) == 4 && !index_extended(header);
  if (!no_index) return false;
  unsigned base = header.sib & 7;
  bool needed = base == 4 || (base == 5 && header.modrm >> 6 == 0);
  return !needed || header.sib >> 6 != 0;
}

// Encodings that some processors give a meaning of another, documented one.
bool is_alias(const Header& header) {
  if (header.encoding != Encoding::kLegacy) return false;
  unsigned reg = (header.modrm >> 3) & 7;
  unsigned mod = header.modrm >> 6;
  uint8_t op = header.opcode;
  if (header.map == 0) {
    bool shift = op == 0xc0 || op == 0xc1 || (op >= 0xd0 && op <= 0xd3);
    if (shift) return reg == 6;                               // sal
    if (op == 0xf6 || op == 0xf7) return reg == 1;            // test
    if (op == 0x82) return true;                              // 80 in 32-bit code
    if (op == 0x63) return (header.rex() & 8) == 0;           // movslq that doesn't extend
    if (mod == 3 && op == 0xd9) return reg == 3;              // fstpnce
    if (mod == 3 && op == 0xdc) return reg == 2 || reg == 3;  // fcom, fcomp
    if (mod == 3 && op == 0xdd) return reg == 1;              // fxch
    if (mod == 3 && op == 0xde) return reg == 2;              // fcomp
    if (mod == 3 && op == 0xdf) return reg < 4;               // ffreep, fxch, fstp
  }
  if (header.map == 1) {
    if (op == 0xae && mod == 3) return (header.modrm & 7) != 0;  // fences
    if (op == 0x0d) return mod == 3 || reg > 2;                  // prefetches
    if (op == 0x18) return mod == 3 || reg > 3;
    if (op >= 0xc8 && op <= 0xcf) return (header.prefixes & kPrefix66) != 0;  // bswap of 16 bits
  }
  return false;
}

// 3.1: 90, 66 90 and 0F 1F /0 in the recommended forms; the displacement is checked later.
bool is_canonical_nop(const Header& header) {
  if (header.rex() != 0 || (header.prefixes & ~kPrefix66) != 0) return false;
  if (header.map == 0) return header.opcode == 0x90;
  if (header.opcode != 0x1f) return false;
  bool with_sib = (header.modrm == 0x44 || header.modrm == 0x84) && header.sib == 0;
  if (with_sib) return true;
  bool plain = header.modrm == 0x00 || header.modrm == 0x40 || header.modrm == 0x80;
  return plain && header.prefixes == 0;
}

// 3.1: 66 with F2 or F3 has no meaning but for crc32.
Rule check_prefixes(const Probe& probe, const Header& header, const Decoded& decoded) {
  uint8_t prefixes = header.prefixes;
  bool repeat = (prefixes & (kPrefixF2 | kPrefixF3)) != 0;
  bool both = (prefixes & kPrefixF2) != 0 && (prefixes & kPrefixF3) != 0;
  bool crc32 = decoded.instruction.mnemonic == ZYDIS_MNEMONIC_CRC32;
  if (both || (repeat && (prefixes & kPrefix66) != 0 && !crc32)) return Rule::kPrefix;
  if ((prefixes & kPrefixF0) != 0 &&
      (decoded.instruction.attributes & ZYDIS_ATTRIB_HAS_LOCK) == 0) {
    return Rule::kPrefix;
  }
  // xacquire and its like change nothing that Zydis counts as meaning, so they are found here too.
  if ((prefixes & kPrefix66) != 0 && probe.prefix_ignored(0x66)) return Rule::kPrefix;
  if ((prefixes & kPrefixF2) != 0 && probe.prefix_ignored(0xf2)) return Rule::kPrefix;
  if ((prefixes & kPrefixF3) != 0 && probe.prefix_ignored(0xf3)) return Rule::kPrefix;
  return Rule::kNone;
}

struct Field {
  uint8_t index;  // of the payload byte
  uint8_t mask;
  uint8_t neutral;
};

constexpr std::array<Field, 4> kRexFields = {{{0, 8, 0}, {0, 4, 0}, {0, 2, 0}, {0, 1, 0}}};
constexpr std::array<Field, 3> kVex2Fields = {{{0, 0x80, 0x80}, {0, 0x78, 0x78}, {0, 4, 0}}};
constexpr std::array<Field, 6> kVex3Fields = {
    {{0, 0x80, 0x80}, {0, 0x40, 0x40}, {0, 0x20, 0x20}, {1, 0x80, 0}, {1, 0x78, 0x78}, {1, 4, 0}}};
constexpr std::array<Field, 12> kEvexFields = {{{0, 0x80, 0x80},
                                                {0, 0x40, 0x40},
                                                {0, 0x20, 0x20},
                                                {0, 0x10, 0x10},
                                                {1, 0x80, 0},
                                                {1, 0x78, 0x78},
                                                {2, 0x80, 0},
                                                {2, 0x40, 0},
                                                {2, 0x20, 0},
                                                {2, 0x10, 0},
                                                {2, 8, 8},
                                                {2, 7, 0}}};

std::span<const Field> fields_of(const Header& header) {
  switch (header.encoding) {
    case Encoding::kLegacy:
      return header.rex() != 0 ? std::span<const Field>(kRexFields) : std::span<const Field>();
    case Encoding::kVex2:
      return kVex2Fields;
    case Encoding::kVex3:
      return kVex3Fields;
    default:
      return kEvexFields;
  }
}

// C4 where C5 does: map 1, W, X and B neutral.
bool needs_no_vex3(const Header& header) {
  return header.encoding == Encoding::kVex3 && (header.payload[0] & 0x7f) == 0x61 &&
         (header.payload[1] & 0x80) == 0;
}

}  // namespace

Rule check_canonical(const Decoder& decoder, const uint8_t* window, const Header& header,
                     const Decoded& decoded) {
  if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_NOP) {
    return is_canonical_nop(header) ? Rule::kNone : Rule::kEncoding;
  }
  Probe probe(decoder, window, header, decoded);
  Rule prefix = check_prefixes(probe, header, decoded);
  if (prefix != Rule::kNone) return prefix;
  if (is_alias(header) || sib_redundant(header, decoded) || needs_no_vex3(header)) {
    return Rule::kEncoding;
  }
  if (header.rex() == 0x40 && probe.byte_ignored(header.extension_position)) {
    return Rule::kEncoding;
  }
  for (const Field& field : fields_of(header)) {
    if (!rex_bit_counts(header, decoded, field.mask) &&
        probe.bits_ignored(field.index, field.mask, field.neutral)) {
      return Rule::kEncoding;
    }
  }
  return Rule::kNone;
}

}  // namespace rawposix::verify
