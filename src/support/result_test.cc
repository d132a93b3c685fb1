// SPDX-License-Identifier: Apache-2.0
#include "support/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace rawposix {
namespace {

Result<std::unique_ptr<int>> make(bool good) {
  if (!good) return Errno(ENOENT);
  return std::make_unique<int>(7);
}

Result<int> twice(bool good) {
  std::unique_ptr<int> value = TRY(make(good));
  return *value * 2;
}

Result<> nothing(bool good) {
  TRY(make(good));
  return {};
}

TEST(Result, TryHandsOnTheValueOrTheError) {
  EXPECT_EQ(twice(true).value(), 14);
  ASSERT_FALSE(twice(false).ok());
  EXPECT_EQ(twice(false).error(), Errno(ENOENT));
}

TEST(Result, VoidResultsCarryOnlyAnError) {
  EXPECT_TRUE(nothing(true).ok());
  EXPECT_EQ(nothing(false).error().number(), ENOENT);
}

TEST(Result, ErrorsOfOtherTypes) {
  Result<int, std::string> failed = std::string("no");
  EXPECT_EQ(failed.error(), "no");
}

TEST(Errno, NamesAndMessages) {
  EXPECT_STREQ(Errno(EAGAIN).name(), "EAGAIN");
  EXPECT_STREQ(Errno(9999).name(), "E?");
  EXPECT_STREQ(Errno(ENOENT).message(), "No such file or directory");
}

}  // namespace
}  // namespace rawposix
