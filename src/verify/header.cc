// SPDX-License-Identifier: Apache-2.0
#include "verify/header.h"

#include <initializer_list>

namespace rawposix::verify {
namespace {

constexpr uint8_t kForbiddenSegment = 64;
constexpr uint8_t kRexByte = 128;

constexpr std::array<uint8_t, 256> make_prefix_table() {
  std::array<uint8_t, 256> table = {};
  table[0x66] = kPrefix66;
  table[0x67] = kPrefix67;
  table[0xf2] = kPrefixF2;
  table[0xf3] = kPrefixF3;
  table[0xf0] = kPrefixF0;
  table[0x65] = kPrefix65;
  for (int segment : {0x2e, 0x36, 0x3e, 0x26, 0x64}) table[segment] = kForbiddenSegment;
  for (int rex = 0x40; rex < 0x50; rex++) table[rex] = kRexByte;
  return table;
}
constexpr std::array<uint8_t, 256> kPrefixes = make_prefix_table();

struct Range {
  uint8_t first;
  uint8_t last;
};

// One-byte opcodes with a ModRM byte (Intel SDM 2D, table A-2).
constexpr std::array<bool, 256> make_one_byte_table() {
  std::array<bool, 256> table = {};
  for (int row = 0; row < 0x40; row += 8) {
    for (int i = 0; i < 4; i++) table[row + i] = true;
  }
  for (Range range : {Range{0x63, 0x63}, Range{0x69, 0x69}, Range{0x6b, 0x6b}, Range{0x80, 0x8f},
                      Range{0xc0, 0xc1}, Range{0xc6, 0xc7}, Range{0xd0, 0xd3}, Range{0xd8, 0xdf},
                      Range{0xf6, 0xf7}, Range{0xfe, 0xff}}) {
    for (int i = range.first; i <= range.last; i++) table[i] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kOneByteHasModrm = make_one_byte_table();

// Two-byte opcodes without one (table A-3).
constexpr std::array<bool, 256> make_two_byte_table() {
  std::array<bool, 256> table = {};
  for (bool& entry : table) entry = true;
  for (Range range : {Range{0x04, 0x0c}, Range{0x0e, 0x0e}, Range{0x30, 0x37}, Range{0x77, 0x77},
                      Range{0x80, 0x8f}, Range{0xa0, 0xa2}, Range{0xa8, 0xaa}, Range{0xc8, 0xcf}}) {
    for (int i = range.first; i <= range.last; i++) table[i] = false;
  }
  return table;
}
constexpr std::array<bool, 256> kTwoByteHasModrm = make_two_byte_table();

// Reads opcode escape and opcode at `position`; the position after them.
unsigned parse_legacy_opcode(const uint8_t* window, unsigned position, Header& header) {
  header.opcode = window[position++];
  if (header.opcode != 0x0f) {
    header.has_modrm = kOneByteHasModrm[header.opcode];
    return position;
  }
  header.map = 1;
  header.opcode = window[position++];
  header.has_modrm = kTwoByteHasModrm[header.opcode];
  if (header.opcode == 0x38 || header.opcode == 0x3a) {
    header.map = header.opcode == 0x38 ? 2 : 3;
    header.opcode = window[position++];
    header.has_modrm = true;
  }
  return position;
}

unsigned parse_vector_opcode(const uint8_t* window, unsigned position, Header& header) {
  unsigned count = static_cast<unsigned>(header.encoding);  // of payload bytes
  for (unsigned i = 0; i < count; i++) header.payload[i] = window[position + 1 + i];
  header.opcode = window[position + 1 + count];
  bool map1 = header.encoding == Encoding::kVex2 ||
              (header.encoding == Encoding::kVex3 && (header.payload[0] & 0x1f) == 1);
  header.has_modrm = !(map1 && header.opcode == 0x77);  // vzeroupper, vzeroall
  return position + 2 + count;
}

Encoding encoding_of(uint8_t byte) {
  switch (byte) {
    case 0xc5:
      return Encoding::kVex2;
    case 0xc4:
      return Encoding::kVex3;
    case 0x62:
      return Encoding::kEvex;
    default:
      return Encoding::kLegacy;
  }
}

unsigned parse_modrm(const uint8_t* window, unsigned position, Header& header) {
  header.modrm = window[position++];
  unsigned mod = header.modrm >> 6;
  unsigned rm = header.modrm & 7;
  if (mod == 3) return position;
  unsigned base = rm;
  if (rm == 4) {
    header.has_sib = true;
    header.sib = window[position++];
    base = header.sib & 7;
  }
  if (mod == 1) header.displacement_size = 1;
  if (mod == 2 || (mod == 0 && base == 5)) header.displacement_size = 4;
  return position;
}

}  // namespace

Rule parse_header(const uint8_t* window, Header& header) {
  unsigned position = 0;
  uint8_t kind = 0;
  while ((kind = kPrefixes[window[position]]) != 0 && kind != kRexByte) {
    if (kind == kForbiddenSegment) return Rule::kSegment;
    if ((header.prefixes & kind) != 0) return Rule::kPrefix;
    header.prefixes |= kind;
    position++;
  }
  header.extension_position = static_cast<uint8_t>(position);
  if (kind == kRexByte) {
    header.payload[0] = window[position++];
    if (kPrefixes[window[position]] != 0) return Rule::kPrefix;
  }

  header.encoding = encoding_of(window[position]);
  if (header.encoding == Encoding::kLegacy) {
    position = parse_legacy_opcode(window, position, header);
  } else {
    constexpr uint8_t kNotWithVex = kPrefix66 | kPrefixF2 | kPrefixF3 | kPrefixF0;
    if (kind == kRexByte || (header.prefixes & kNotWithVex) != 0) return Rule::kPrefix;
    position = parse_vector_opcode(window, position, header);
  }
  if (header.has_modrm) position = parse_modrm(window, position, header);
  header.size = static_cast<uint8_t>(position);
  return Rule::kNone;
}

}  // namespace rawposix::verify
