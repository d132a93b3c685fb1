// SPDX-License-Identifier: Apache-2.0
#include "support/quota.h"

#include <gtest/gtest.h>

namespace rawposix {
namespace {

TEST(Quota, GivesUpToItsLimit) {
  Quota quota(10);
  EXPECT_TRUE(quota.take(7));
  EXPECT_FALSE(quota.take(4));
  EXPECT_FALSE(quota.take(UINT64_MAX));
  EXPECT_TRUE(quota.take(3));
  EXPECT_TRUE(quota.take(0));
  EXPECT_FALSE(quota.take(1));
  quota.give(10);
  EXPECT_EQ(quota.used(), 0U);
}

TEST(Quota, GivesWhatIsLeft) {
  Quota quota(10);
  EXPECT_EQ(quota.take_at_most(6), 6U);
  EXPECT_EQ(quota.take_at_most(6), 4U);
  EXPECT_EQ(quota.take_at_most(6), 0U);
  quota.give(3);
  EXPECT_EQ(quota.take_at_most(6, 4), 0U);
  EXPECT_EQ(quota.used(), 7U);
}

TEST(Quota, OnesAreGivenBack) {
  Quota quota(2);
  ASSERT_TRUE(quota.take(1));
  {
    Quota::One one(quota);
    Quota::One moved = std::move(one);
    EXPECT_EQ(quota.used(), 1U);
    ASSERT_TRUE(quota.take(1));
    moved = Quota::One(quota);
    EXPECT_EQ(quota.used(), 1U);
  }
  EXPECT_EQ(quota.used(), 0U);
}

}  // namespace
}  // namespace rawposix
