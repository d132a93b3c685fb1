// SPDX-License-Identifier: Apache-2.0
#include "verify/header.h"

#include <gtest/gtest.h>

#include "verify/test_instruction.h"

namespace rawposix::verify {
namespace {

TEST(Header, SplitsAGuardedOperand) {
  // mov %rax, %gs:0x11223344(%r8d,%r9d,8)
  TestInstruction test({0x65, 0x67, 0x4b, 0x89, 0x84, 0xc8, 0x44, 0x33, 0x22, 0x11});
  EXPECT_EQ(test.header_rule, Rule::kNone);
  EXPECT_EQ(test.header.prefixes, kPrefix65 | kPrefix67);
  EXPECT_EQ(test.header.rex(), 0x4b);
  EXPECT_EQ(test.header.opcode, 0x89);
  EXPECT_EQ(test.header.modrm, 0x84);
  EXPECT_EQ(test.header.sib, 0xc8);
  EXPECT_EQ(test.header.size, 6);
  EXPECT_EQ(test.header.displacement_size, 4);
}

TEST(Header, KnowsAllFourEncodings) {
  EXPECT_EQ(TestInstruction({0x90}).header.encoding, Encoding::kLegacy);
  EXPECT_EQ(TestInstruction({0xc5, 0xf8, 0x28, 0xc1}).header.encoding, Encoding::kVex2);
  EXPECT_EQ(TestInstruction({0xc4, 0xc1, 0x78, 0x28, 0xc1}).header.encoding, Encoding::kVex3);
  EXPECT_EQ(TestInstruction({0x62, 0xf1, 0x7c, 0x48, 0x58, 0xc1}).header.encoding, Encoding::kEvex);
}

TEST(Header, VzeroupperHasNoModrm) {
  EXPECT_FALSE(TestInstruction({0xc5, 0xf8, 0x77}).header.has_modrm);
  EXPECT_FALSE(TestInstruction({0xc4, 0xe1, 0x78, 0x77}).header.has_modrm);
  EXPECT_TRUE(TestInstruction({0xc4, 0xe2, 0x78, 0x77}).header.has_modrm);
}

TEST(Header, RefusesPrefixesThatDecidersDisagreeOn) {
  EXPECT_EQ(TestInstruction({0x66, 0x66, 0x90}).header_rule, Rule::kPrefix);
  EXPECT_EQ(TestInstruction({0x48, 0x66, 0x90}).header_rule, Rule::kPrefix);
  EXPECT_EQ(TestInstruction({0x64, 0x90}).header_rule, Rule::kSegment);
  EXPECT_EQ(TestInstruction({0x66, 0xc5, 0xf8, 0x77}).header_rule, Rule::kPrefix);
}

TEST(Header, KeyIgnoresTheOrderOfPrefixesOnly) {
  TestInstruction one({0x65, 0x67, 0x8b, 0x00});
  TestInstruction two({0x67, 0x65, 0x8b, 0x00});
  EXPECT_EQ(one.header.key(), two.header.key());
  EXPECT_NE(one.header.key(), TestInstruction({0x65, 0x67, 0x8b, 0x01}).header.key());
  EXPECT_NE(one.header.key(), TestInstruction({0x65, 0x67, 0x8a, 0x00}).header.key());
  EXPECT_NE(one.header.key(), TestInstruction({0x65, 0x67, 0x48, 0x8b, 0x00}).header.key());
  EXPECT_NE(one.header.key(), TestInstruction({0x65, 0x67, 0x0f, 0x8b, 0x00}).header.key());
  EXPECT_NE(one.header.key(), TestInstruction({0x65, 0x8b, 0x00}).header.key());
  EXPECT_NE(TestInstruction({0x00, 0x00}).header.key(), 0);
}

// Everywhere that the decoder finds an instruction, both must see the same parts.
TEST(Header, AgreesWithTheDecoderOnEveryOpcode) {
  size_t compared = 0;
  for (unsigned map = 0; map < 4; map++) {
    for (unsigned opcode = 0; opcode < 256; opcode++) {
      for (unsigned modrm = 0; modrm < 256; modrm++) {
        Window window = {};
        uint8_t* out = window.data();
        if (map > 0) *out++ = 0x0f;
        if (map > 1) *out++ = map == 2 ? 0x38 : 0x3a;
        out[0] = static_cast<uint8_t>(opcode);
        out[1] = static_cast<uint8_t>(modrm);
        Header header;
        if (parse_header(window.data(), header) != Rule::kNone) continue;
        Decoded decoded;
        bool vector = header.encoding != Encoding::kLegacy;
        // moffs, mov of control registers and 3DNow! differ, and are refused for what they are.
        bool special = (map == 0 && opcode >= 0xa0 && opcode <= 0xa3) ||
                       (map == 1 && opcode >= 0x20 && opcode <= 0x23) || opcode == 0x8f;
        if (vector || special || header.opcode != opcode) continue;
        if (Decoder().decode(window.data(), decoded) != Rule::kNone) continue;
        bool has_modrm = (decoded.instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0;
        ASSERT_EQ(header.has_modrm, has_modrm) << map << " " << opcode << " " << modrm;
        ASSERT_EQ(header.displacement_size * 8, decoded.instruction.raw.disp.size);
        compared++;
      }
    }
  }
  EXPECT_GT(compared, 50000);
}

}  // namespace
}  // namespace rawposix::verify
