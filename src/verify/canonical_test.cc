// SPDX-License-Identifier: Apache-2.0
#include "verify/canonical.h"

#include <gtest/gtest.h>

#include "verify/test_instruction.h"

namespace rawposix::verify {
namespace {

Rule check(std::initializer_list<uint8_t> bytes) {
  TestInstruction test(bytes);
  EXPECT_EQ(test.header_rule, Rule::kNone);
  EXPECT_EQ(test.decode_rule, Rule::kNone);
  return check_canonical(test.decoder, test.window.data(), test.header, test.decoded);
}

TEST(Canonical, BitsMustCount) {
  EXPECT_EQ(check({0x4d, 0x89, 0xc8}), Rule::kNone);            // mov %r9, %r8
  EXPECT_EQ(check({0x4a, 0x89, 0xc8}), Rule::kEncoding);        // REX.X
  EXPECT_EQ(check({0x40, 0x88, 0xe0}), Rule::kNone);            // mov %spl, %al
  EXPECT_EQ(check({0x40, 0x88, 0xc8}), Rule::kEncoding);        // mov %cl, %al
  EXPECT_EQ(check({0x45, 0x0f, 0x6f, 0xc1}), Rule::kEncoding);  // movq of MMX registers
}

TEST(Canonical, PrefixesMustCount) {
  EXPECT_EQ(check({0x66, 0x89, 0xc8}), Rule::kNone);
  EXPECT_EQ(check({0x66, 0x48, 0x89, 0xc8}), Rule::kPrefix);
  EXPECT_EQ(check({0xf3, 0x90}), Rule::kNone);  // pause
  EXPECT_EQ(check({0xf3, 0x89, 0xc8}), Rule::kPrefix);
  EXPECT_EQ(check({0x66, 0xf2, 0x0f, 0x38, 0xf1, 0xc0}), Rule::kNone);  // crc32w
}

TEST(Canonical, VectorFields) {
  EXPECT_EQ(check({0xc5, 0xfa, 0x58, 0xc1}), Rule::kNone);            // vaddss
  EXPECT_EQ(check({0xc5, 0xfe, 0x58, 0xc1}), Rule::kEncoding);        // L
  EXPECT_EQ(check({0xc4, 0xe1, 0x7a, 0x58, 0xc1}), Rule::kEncoding);  // C5 would do
  EXPECT_EQ(check({0x62, 0xf1, 0x7e, 0x08, 0x58, 0xc1}), Rule::kNone);
  EXPECT_EQ(check({0x62, 0xf1, 0x7e, 0x48, 0x58, 0xc1}), Rule::kEncoding);
  // Embedded rounding uses the same bits.
  EXPECT_EQ(check({0x62, 0xf1, 0x7e, 0x58, 0x58, 0xc1}), Rule::kNone);
}

TEST(Canonical, NopsAreTheRecommendedOnes) {
  EXPECT_EQ(check({0x90}), Rule::kNone);
  EXPECT_EQ(check({0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}), Rule::kNone);
  EXPECT_EQ(check({0x66, 0x0f, 0x1f, 0x40, 0x00}), Rule::kEncoding);
  EXPECT_EQ(check({0x0f, 0x1f, 0xc0}), Rule::kEncoding);
}

}  // namespace
}  // namespace rawposix::verify
