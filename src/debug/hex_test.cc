// SPDX-License-Identifier: Apache-2.0
#include "debug/hex.h"

#include <gtest/gtest.h>

#include <cstring>

namespace rawposix::debug {
namespace {

TEST(Hex, WritesNumbersAndBytes) {
  EXPECT_EQ(to_hex(uint64_t{0}), "0");
  EXPECT_EQ(to_hex(uint64_t{0x102080}), "102080");
  EXPECT_EQ(to_hex(UINT64_MAX), "ffffffffffffffff");
  EXPECT_EQ(to_hex(std::string_view("a\n")), "610a");
}

TEST(Hex, ReadsNumbersUpToSixteenDigits) {
  Reader good("fFffffffffffffff,1");
  EXPECT_EQ(good.number(), UINT64_MAX);
  good.expect(",");
  EXPECT_EQ(good.number(), 1U);
  EXPECT_TRUE(good.finished());
  for (const char* bad : {"", "x", "10000000000000000"}) {
    Reader reader(bad);
    EXPECT_EQ(reader.number(), 0U) << bad;
    EXPECT_FALSE(reader.good()) << bad;
  }
}

TEST(Hex, EverythingFailsAfterTheFirstFailure) {
  Reader reader("1;2");
  EXPECT_EQ(reader.number(), 1U);
  reader.expect(",");
  EXPECT_FALSE(reader.good());
  EXPECT_EQ(reader.number(), 0U);
  EXPECT_FALSE(reader.accept(""));
  EXPECT_FALSE(reader.finished());
}

TEST(Hex, ReadsBytesInPairsOnly) {
  Reader good("00fF");
  EXPECT_EQ(good.bytes(), (std::vector{std::byte{0}, std::byte{0xff}}));
  EXPECT_TRUE(good.finished());
  for (const char* bad : {"0", "000", "0g", "g0"}) {
    Reader reader(bad);
    reader.bytes();
    EXPECT_FALSE(reader.good()) << bad;
  }
  std::byte two[2];
  Reader too_short("123");
  EXPECT_FALSE(too_short.bytes(two));
}

TEST(Hex, EscapesWhatFramesUse) {
  std::string all;
  for (int c = 0; c < 256; c++) all += static_cast<char>(c);
  std::string escaped = escape_binary(all);
  EXPECT_EQ(escaped.find_first_of("#$*"), std::string::npos);
  Reader reader(escaped);
  std::vector<std::byte> back = reader.binary();
  EXPECT_TRUE(reader.finished());
  ASSERT_EQ(back.size(), all.size());
  EXPECT_EQ(std::memcmp(back.data(), all.data(), all.size()), 0);
  Reader cut("a}");
  cut.binary();
  EXPECT_FALSE(cut.good());
}

}  // namespace
}  // namespace rawposix::debug
