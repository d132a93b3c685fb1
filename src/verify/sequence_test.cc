// SPDX-License-Identifier: Apache-2.0
#include "verify/sequence.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

struct Code {
  explicit Code(std::initializer_list<uint8_t> sequence) {
    bytes.reserve(kBundleSize);
    bytes.assign(3, 0x90);
    for (uint8_t byte : sequence) bytes.push_back(byte);
    length = static_cast<uint32_t>(bytes.size());
    bytes.resize(kBundleSize, 0xcc);
    report = verify({bytes, 0x100000});
  }
  std::optional<SequencePosition> at(uint32_t position) const {
    return locate(bytes, report.safe_points, position);
  }

  std::vector<uint8_t> bytes;
  uint32_t length;
  Report report;
};

constexpr uint32_t kStart = 3;

TEST(Sequence, IndirectBranch) {
  Code code({0x41, 0x83, 0xe3, 0xe0, 0x4d, 0x03, 0x1e, 0x41, 0xff, 0xe3});
  ASSERT_TRUE(code.report.ok());
  EXPECT_FALSE(code.at(kStart));
  ASSERT_TRUE(code.at(kStart + 4));
  EXPECT_EQ(code.at(kStart + 4)->kind, SequenceKind::kIndirectBranch);
  EXPECT_EQ(code.at(kStart + 4)->step, SequenceStep::kBranchRebase);
  EXPECT_EQ(code.at(kStart + 7)->step, SequenceStep::kBranchJump);
  EXPECT_EQ(code.at(kStart + 7)->start, kStart);
  EXPECT_EQ(code.at(kStart + 7)->end, code.length);
  EXPECT_FALSE(code.at(code.length));
}

TEST(Sequence, Stack) {
  Code code({0x83, 0xec, 0x18, 0x49, 0x03, 0x26});
  ASSERT_TRUE(code.report.ok());
  ASSERT_TRUE(code.at(kStart + 3));
  EXPECT_EQ(code.at(kStart + 3)->kind, SequenceKind::kStack);
  EXPECT_EQ(code.at(kStart + 3)->step, SequenceStep::kStackRebase);
  EXPECT_EQ(code.at(kStart + 3)->end, code.length);
}

TEST(Sequence, StackKeepingFlags) {
  Code code({0x4d, 0x8b, 0x1e, 0x89, 0xec, 0x4a, 0x8d, 0x24, 0x1c});
  ASSERT_TRUE(code.report.ok());
  ASSERT_TRUE(code.at(kStart + 3));
  EXPECT_EQ(code.at(kStart + 3)->kind, SequenceKind::kStackKeepFlags);
  EXPECT_EQ(code.at(kStart + 3)->step, SequenceStep::kKeepFlagsUpdate);
  EXPECT_EQ(code.at(kStart + 5)->step, SequenceStep::kKeepFlagsRebase);
  EXPECT_EQ(code.at(kStart + 5)->start, kStart);
  EXPECT_EQ(code.at(kStart + 5)->end, code.length);
}

TEST(Sequence, StringOfTwoPointers) {
  Code code({0x4d, 0x8b, 0x1e, 0x89, 0xff, 0x4a, 0x8d, 0x3c, 0x1f, 0x89, 0xf6,
             0x4a, 0x8d, 0x34, 0x1e, 0xf3, 0x48, 0xa5, 0x89, 0xff, 0x89, 0xf6});
  ASSERT_TRUE(code.report.ok());
  for (uint32_t position : {3, 5, 9, 11, 15}) {
    ASSERT_TRUE(code.at(kStart + position)) << position;
    EXPECT_EQ(code.at(kStart + position)->step, SequenceStep::kStringPrepare) << position;
  }
  for (uint32_t position : {18, 20}) {
    ASSERT_TRUE(code.at(kStart + position)) << position;
    EXPECT_EQ(code.at(kStart + position)->step, SequenceStep::kStringTruncate) << position;
  }
  EXPECT_TRUE(code.at(kStart + 3)->uses_rdi);
  EXPECT_TRUE(code.at(kStart + 3)->uses_rsi);
  EXPECT_EQ(code.at(kStart + 3)->end, code.length);
}

TEST(Sequence, StringOfOnePointer) {
  Code code({0x4d, 0x8b, 0x1e, 0x89, 0xf6, 0x4a, 0x8d, 0x34, 0x1e, 0xac, 0x89, 0xf6});
  ASSERT_TRUE(code.report.ok());
  ASSERT_TRUE(code.at(kStart + 9));
  EXPECT_EQ(code.at(kStart + 9)->kind, SequenceKind::kString);
  EXPECT_FALSE(code.at(kStart + 9)->uses_rdi);
  EXPECT_TRUE(code.at(kStart + 9)->uses_rsi);
}

TEST(Sequence, CleanScratch) {
  Code code({0x41, 0x89, 0xe3, 0x41, 0x53});
  ASSERT_TRUE(code.report.ok());
  ASSERT_TRUE(code.at(kStart + 3));
  EXPECT_EQ(code.at(kStart + 3)->kind, SequenceKind::kCleanScratch);
  EXPECT_EQ(code.at(kStart + 3)->step, SequenceStep::kScratchUse);
  EXPECT_EQ(code.at(kStart + 3)->start, kStart);
}

TEST(Sequence, NothingOutsideTheCode) {
  Code code({0x41, 0x89, 0xe3, 0x41, 0x53});
  EXPECT_FALSE(code.at(kBundleSize));
  EXPECT_FALSE(code.at(0xffffffff));
  EXPECT_FALSE(locate({}, SafePoints(), 0));
}

TEST(Sequence, StringMatchNeedsAllOfIt) {
  const std::vector<uint8_t> whole = {0x4d, 0x8b, 0x1e, 0x89, 0xff, 0x4a, 0x8d,
                                      0x3c, 0x1f, 0xf3, 0xaa, 0x89, 0xff};
  EXPECT_EQ(match_string(whole).length, whole.size());
  for (size_t size = 0; size < whole.size(); size++) {
    EXPECT_EQ(match_string(std::span(whole).first(size)).length, 0) << size;
  }
}

}  // namespace
}  // namespace rawposix::verify
