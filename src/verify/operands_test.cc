// SPDX-License-Identifier: Apache-2.0
#include "verify/operands.h"

#include <gtest/gtest.h>

#include "verify/judge.h"
#include "verify/test_instruction.h"

namespace rawposix::verify {
namespace {

struct Outcome {
  Rule rule;
  uint16_t traits;
  bool operator==(const Outcome&) const = default;
};

Outcome check(std::initializer_list<uint8_t> bytes) {
  TestInstruction test(bytes);
  EXPECT_EQ(test.header_rule, Rule::kNone);
  EXPECT_EQ(test.decode_rule, Rule::kNone);
  Outcome outcome = {Rule::kNone, 0};
  outcome.rule = check_operands(test.header, test.decoded, outcome.traits);
  return outcome;
}

TEST(Operands, MemoryForms) {
  EXPECT_EQ(check({0x65, 0x67, 0x8b, 0x00}), (Outcome{Rule::kNone, 0}));
  EXPECT_EQ(check({0x8b, 0x04, 0x24}), (Outcome{Rule::kNone, kStackAddress}));
  EXPECT_EQ(check({0x8b, 0x05, 0, 0, 0, 0}), (Outcome{Rule::kNone, kRipAddress}));
  EXPECT_EQ(check({0x8b, 0x00}).rule, Rule::kAddress);
  EXPECT_EQ(check({0x67, 0x8b, 0x00}).rule, Rule::kAddress);
  EXPECT_EQ(check({0x65, 0x8b, 0x00}).rule, Rule::kAddress);
  EXPECT_EQ(check({0x65, 0x67, 0x41, 0x8b, 0x06}).rule, Rule::kContext);
}

TEST(Operands, HighBytesAreNotTheStackPointer) {
  EXPECT_EQ(check({0xb4, 0x01}).rule, Rule::kNone);              // mov $1, %ah
  EXPECT_EQ(check({0x40, 0xb4, 0x01}).rule, Rule::kStackWrite);  // mov $1, %spl
}

TEST(Operands, ScratchReads) {
  EXPECT_EQ(check({0x4c, 0x89, 0xd8}).traits, kReadsScratch);  // mov %r11, %rax
  EXPECT_EQ(check({0x44, 0x89, 0xd8}).traits, 0);              // mov %r11d, %eax
  EXPECT_EQ(check({0x49, 0x89, 0xc3}).traits, 0);              // mov %rax, %r11
  EXPECT_EQ(check({0x49, 0x0f, 0xcb}).traits, kReadsScratch);  // bswap %r11
}

TEST(Operands, StackWritesOfSequences) {
  EXPECT_EQ(check({0x89, 0xec}), (Outcome{Rule::kNone, kWritesStack | kKeepsFlags}));
  EXPECT_EQ(check({0x44, 0x89, 0xdc}), (Outcome{Rule::kNone, kWritesStack}));  // from %r11d
  EXPECT_EQ(check({0x83, 0xec, 0x08}), (Outcome{Rule::kNone, kWritesStack}));
  EXPECT_EQ(check({0x31, 0xe4}).rule, Rule::kStackWrite);
  EXPECT_EQ(check({0x48, 0x89, 0xec}).rule, Rule::kStackWrite);
}

TEST(Operands, ImplicitStackIsPushAndPopOnly) {
  EXPECT_EQ(check({0x50}).rule, Rule::kNone);
  EXPECT_EQ(check({0x9c}).rule, Rule::kNone);
  EXPECT_NE(check({0xc3}).rule, Rule::kNone);
  EXPECT_NE(check({0xc9}).rule, Rule::kNone);
  EXPECT_NE(check({0xd7}).rule, Rule::kNone);  // xlat
}

}  // namespace
}  // namespace rawposix::verify
