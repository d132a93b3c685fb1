// SPDX-License-Identifier: Apache-2.0
#include "verify/judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "verify/memo.h"
#include "verify/test_instruction.h"

namespace rawposix::verify {
namespace {

Verdict judge_bytes(std::initializer_list<uint8_t> bytes) {
  TestInstruction test(bytes);
  EXPECT_EQ(test.header_rule, Rule::kNone);
  return judge(test.decoder, test.window.data(), test.header);
}

bool same(const Verdict& a, const Verdict& b) {
  return a.rule == b.rule && a.immediate_size == b.immediate_size && a.traits == b.traits;
}

TEST(Judge, FixedForms) {
  EXPECT_EQ(judge_bytes({0x49, 0x8b, 0x46, 0x08}).traits, kThreadPointer);
  EXPECT_EQ(judge_bytes({0x4d, 0x8b, 0x5e, 0x08}).traits, kThreadPointer | kDefinesScratch);
  EXPECT_EQ(judge_bytes({0x4d, 0x03, 0x5e, 0x08}).traits, kThreadPointer | kReadsScratch);
  EXPECT_EQ(judge_bytes({0x41, 0xff, 0x66, 0x18}).traits, kEntry);
  EXPECT_EQ(judge_bytes({0x4d, 0x8b, 0x1e}).traits, kLoadsBase);
  EXPECT_EQ(judge_bytes({0x48, 0x83, 0xe4, 0xf0}).traits, kStackAlign);
}

TEST(Judge, FixedFormsAreExact) {
  EXPECT_EQ(judge_bytes({0x49, 0x8b, 0x66, 0x08}).rule, Rule::kStackWrite);  // to %rsp
  EXPECT_EQ(judge_bytes({0x4d, 0x8b, 0x76, 0x08}).rule, Rule::kContext);     // to %r14
  EXPECT_EQ(judge_bytes({0x4b, 0x8b, 0x46, 0x08}).rule, Rule::kEncoding);    // REX.X
  EXPECT_EQ(judge_bytes({0x49, 0x8b, 0x06}).rule, Rule::kContext);
  EXPECT_EQ(judge_bytes({0x41, 0xff, 0x26}).rule, Rule::kIndirectBranch);
  EXPECT_EQ(judge_bytes({0x48, 0x81, 0xe4, 0, 0, 0, 0xff}).rule, Rule::kStackWrite);
}

TEST(Judge, Branches) {
  Verdict verdict = judge_bytes({0x0f, 0x84, 1, 2, 3, 4});
  EXPECT_EQ(verdict.rule, Rule::kNone);
  EXPECT_EQ(verdict.traits, kRelativeBranch);
  EXPECT_EQ(verdict.immediate_size, 4);
  EXPECT_EQ(judge_bytes({0x66, 0xe9, 1, 2, 3, 4}).rule, Rule::kPrefix);
  EXPECT_EQ(judge_bytes({0xff, 0xe0}).rule, Rule::kIndirectBranch);
}

TEST(Judge, SharedMnemonics) {
  EXPECT_EQ(judge_bytes({0xa5}).rule, Rule::kString);                    // movsl
  EXPECT_EQ(judge_bytes({0xf2, 0x0f, 0x10, 0xc1}).rule, Rule::kNone);    // movsd %xmm1, %xmm0
  EXPECT_EQ(judge_bytes({0xc5, 0xf8, 0xb8, 0xc1}).rule, Rule::kDecode);  // Knights' popcnt
}

// What the memo rests on: nothing behind the header matters, nor the order of prefixes.
TEST(Judge, VerdictsDependOnTheHeaderAlone) {
  std::mt19937 random(3);
  Decoder decoder;
  size_t allowed = 0;
  for (int round = 0; round < 200000; round++) {
    Window window;
    for (uint8_t& byte : window) byte = static_cast<uint8_t>(random());
    if (round % 2 == 0) window[0] = round % 4 == 0 ? uint8_t{0x0f} : uint8_t{0x65};
    if (round % 4 == 2) window[1] = 0x67;
    if (round % 8 == 1) std::copy_n(std::begin({0x62, 0xf1}), 2, window.begin());
    Header header;
    if (parse_header(window.data(), header) != Rule::kNone) continue;
    Verdict verdict = judge(decoder, window.data(), header);
    allowed += verdict.rule == Rule::kNone ? 1 : 0;
    for (int change = 0; change < 3; change++) {
      Window other = window;
      for (size_t i = header.size; i < other.size(); i++) other[i] = static_cast<uint8_t>(random());
      bool has_rex = header.rex() != 0;
      auto* prefixes_end = other.begin() + header.extension_position;
      std::shuffle(other.begin(), prefixes_end, random);
      Header again;
      ASSERT_EQ(parse_header(other.data(), again), Rule::kNone);
      ASSERT_EQ(again.key(), header.key());
      ASSERT_EQ(again.rex() != 0, has_rex);
      ASSERT_TRUE(same(judge(decoder, other.data(), again), verdict))
          << testing::PrintToString(window) << testing::PrintToString(other);
    }
  }
  EXPECT_GT(allowed, 10000);
}

TEST(Memo, AsksOncePerKey) {
  VerdictMemo memo(1 << 20);
  int asked = 0;
  auto decide = [&] {
    asked++;
    return Verdict{.rule = Rule::kAddress};
  };
  EXPECT_EQ(memo.get(1 << 15, decide).rule, Rule::kAddress);
  EXPECT_EQ(memo.get(1 << 15, decide).rule, Rule::kAddress);
  EXPECT_EQ(asked, 1);
}

TEST(Memo, NeverAnswersForAnotherKey) {
  VerdictMemo memo(1);  // few slots, so that keys share them
  for (int pass = 0; pass < 2; pass++) {
    for (uint64_t key = 1; key < 5000; key++) {
      uint8_t size = static_cast<uint8_t>(key * 7);
      Verdict verdict = memo.get(key, [&] { return Verdict{.immediate_size = size}; });
      ASSERT_EQ(verdict.immediate_size, size);
    }
  }
}

}  // namespace
}  // namespace rawposix::verify
