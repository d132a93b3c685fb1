// SPDX-License-Identifier: Apache-2.0
#include "verify/decoder.h"

#include <gtest/gtest.h>

#include "verify/test_instruction.h"

namespace rawposix::verify {
namespace {

TEST(Decoder, TellsHiddenOperands) {
  TestInstruction test({0x50});  // push %rax
  EXPECT_EQ(test.decode_rule, Rule::kNone);
  EXPECT_EQ(test.decoded.visible().size(), 1);
  EXPECT_EQ(test.decoded.operands().size(), 3);
}

TEST(Decoder, TellsIllegalLocksFromUnknownBytes) {
  EXPECT_EQ(TestInstruction({0xf0, 0x89, 0x04, 0x24}).decode_rule, Rule::kPrefix);
  EXPECT_EQ(TestInstruction({0x06}).decode_rule, Rule::kDecode);
}

TEST(Decoder, LengthStopsAtTheEnd) {
  Decoder decoder;
  const uint8_t bytes[] = {0xb8, 1, 2, 3, 4};
  EXPECT_EQ(decoder.length(bytes), 5);
  EXPECT_EQ(decoder.length(std::span(bytes).first(4)), 0);
  EXPECT_EQ(decoder.length({}), 0);
}

TEST(Decoder, MeaningIsOperandsNotBytes) {
  TestInstruction plain({0x89, 0xc8});
  EXPECT_TRUE(same_meaning(plain.decoded, TestInstruction({0x40, 0x89, 0xc8}).decoded));
  EXPECT_FALSE(same_meaning(plain.decoded, TestInstruction({0x48, 0x89, 0xc8}).decoded));
  EXPECT_FALSE(same_meaning(plain.decoded, TestInstruction({0x89, 0xc1}).decoded));
  EXPECT_FALSE(same_meaning(plain.decoded, TestInstruction({0x89, 0x08}).decoded));
  // Zeroing and merging differ although the operands are the same.
  TestInstruction merging({0x62, 0xf1, 0x7c, 0x49, 0x58, 0xc1});
  TestInstruction zeroing({0x62, 0xf1, 0x7c, 0xc9, 0x58, 0xc1});
  EXPECT_FALSE(same_meaning(merging.decoded, zeroing.decoded));
}

}  // namespace
}  // namespace rawposix::verify
