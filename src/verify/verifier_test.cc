// SPDX-License-Identifier: Apache-2.0
#include "verify/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace rawposix::verify {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint32_t kAddress = 0x100000;

// Pads with int3 to whole bundles, as the loader does to whole pages.
Bytes code(std::initializer_list<uint8_t> bytes) {
  Bytes padded(bytes);
  padded.resize((padded.size() + kBundleSize - 1) / kBundleSize * kBundleSize, 0xcc);
  return padded;
}

Rule first_rule(const Bytes& bytes, uint32_t address = kAddress) {
  Report report = verify({bytes, address});
  return report.ok() ? Rule::kNone : report.violations.at(0).rule;
}

TEST(Verifier, AcceptsPlainCodeAndRecordsItsStarts) {
  // push %rbp; mov %esp, %ebp; jmp to the push
  Bytes bytes = code({0x55, 0x89, 0xe5, 0xeb, 0xfb});
  Report report = verify({bytes, kAddress});
  ASSERT_TRUE(report.ok()) << format(report.violations.at(0));
  EXPECT_EQ(report.instruction_count, 3 + 27);
  for (uint32_t start : {0, 1, 3, 5, 31}) EXPECT_TRUE(report.safe_points.contains(start)) << start;
  for (uint32_t inside : {2, 4, 32, 64}) EXPECT_FALSE(report.safe_points.contains(inside));
}

TEST(Verifier, InteriorInstructionsAreNoSafePoints) {
  // and $-32,%r11d; add (%r14),%r11; jmp *%r11
  Bytes bytes = code({0x41, 0x83, 0xe3, 0xe0, 0x4d, 0x03, 0x1e, 0x41, 0xff, 0xe3});
  Report report = verify({bytes, kAddress});
  ASSERT_TRUE(report.ok()) << format(report.violations.at(0));
  EXPECT_TRUE(report.safe_points.contains(0));
  EXPECT_FALSE(report.safe_points.contains(4));
  EXPECT_FALSE(report.safe_points.contains(7));
  EXPECT_TRUE(report.safe_points.contains(10));
}

TEST(Verifier, CountsAllViolationsAndKeepsTheFirst) {
  Bytes bytes(64 * kBundleSize, 0xc3);
  Report report = verify({bytes, kAddress}, {.max_violations = 3});
  EXPECT_EQ(report.violation_count, bytes.size());
  ASSERT_EQ(report.violations.size(), 3);
  EXPECT_EQ(report.violations[2].address, kAddress + 2);
  EXPECT_EQ(report.violations[2].rule, Rule::kInstruction);
}

TEST(Verifier, GivesUpOnHopelessCode) {
  Bytes junk(1 << 20, 0xc3);
  Report report = verify({junk, kAddress});
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.violation_count, kMostViolations);
  // Branches that go wrong show only in the second pass.
  for (size_t i = 0; i < junk.size(); i += 2) {
    junk[i] = 0xeb;
    junk[i + 1] = 0xff;
  }
  report = verify({junk, kAddress});
  EXPECT_FALSE(report.ok());
  EXPECT_EQ(report.violation_count, kMostViolations);
}

TEST(Verifier, KeepsNoViolationsIfNoneAreWanted) {
  Bytes bytes = code({0xc3});
  Report report = verify({bytes, kAddress}, {.max_violations = 0});
  EXPECT_FALSE(report.ok());
  EXPECT_TRUE(report.violations.empty());
}

TEST(Verifier, RefusesRegionsOutsideTheSlotsMiddle) {
  Bytes page(kPageSize, 0xcc);
  EXPECT_EQ(first_rule(page, 0x10000), Rule::kNone);
  EXPECT_EQ(first_rule(page, 0xf000), Rule::kRegion);
  EXPECT_EQ(first_rule(page, 0x10010), Rule::kRegion);
  EXPECT_EQ(first_rule(page, 0xfffdf000), Rule::kNone);
  EXPECT_EQ(first_rule(page, 0xfffe0000), Rule::kRegion);
  EXPECT_EQ(first_rule({}, kAddress), Rule::kRegion);
}

TEST(Verifier, RipTargetDependsOnTheAddress) {
  // mov -0x2000(%rip), %eax
  Bytes bytes = code({0x8b, 0x05, 0x00, 0xe0, 0xff, 0xff});
  EXPECT_EQ(first_rule(bytes, 0x12000), Rule::kNone);
  EXPECT_EQ(first_rule(bytes, 0x11000), Rule::kRipTarget);
}

TEST(Verifier, InstructionCutOffByTheEndIsRefused) {
  Bytes bytes = code({});
  bytes.resize(kBundleSize, 0x90);
  bytes.back() = 0xb8;  // mov $imm32, %eax without its immediate
  EXPECT_EQ(first_rule(bytes), Rule::kBundle);
  bytes.resize(kBundleSize + 3, 0x90);
  EXPECT_EQ(first_rule(bytes), Rule::kBundle);
}

}  // namespace
}  // namespace rawposix::verify
