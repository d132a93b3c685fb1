// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

TEST(Format, NamesOffsetBytesInstructionAndRule) {
  Violation violation = {.address = 0x123, .bytes = {0x48, 0x89, 0x07}, .length = 3};
  violation.rule = Rule::kAddress;
  EXPECT_EQ(format(violation), "00000123: 48 89 07  mov %rax, (%rdi)  [address] " +
                                   std::string(rule_explanation(Rule::kAddress)));
}

TEST(Format, BranchTargetsAreSlotOffsets) {
  Violation violation = {.address = 0x100000, .bytes = {0xeb, 0x10}, .length = 2};
  violation.rule = Rule::kBranchTarget;
  EXPECT_NE(format(violation).find("0x0000000000100012"), std::string::npos) << format(violation);
}

TEST(Format, BytesThatAreNoInstruction) {
  Violation violation = {.address = 0, .bytes = {0x06}, .length = 1};
  violation.rule = Rule::kDecode;
  EXPECT_EQ(format(violation),
            "00000000: 06  (bad)  [decode] " + std::string(rule_explanation(Rule::kDecode)));
  violation = {.address = 0x10, .bytes = {}, .length = 0};
  violation.rule = Rule::kRegion;
  EXPECT_EQ(format(violation),
            "00000010: [region] " + std::string(rule_explanation(Rule::kRegion)));
}

}  // namespace
}  // namespace rawposix::verify
