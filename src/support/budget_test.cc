// SPDX-License-Identifier: Apache-2.0
#include "support/budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace rawposix {
namespace {

// Takes one by one until there is no more to be had.
uint64_t take_all(Budget::Share& share) {
  while (share.take(1)) {
  }
  return share.used();
}

TEST(Budget, CountsWhatIsTakenAndGiven) {
  Budget budget(100, 4);
  {
    Budget::Share share(budget);
    EXPECT_TRUE(share.take(10));
    share.give(3);
    EXPECT_EQ(share.used(), 7U);
    EXPECT_EQ(budget.used(), 7U);
    Budget::Share moved = std::move(share);
    EXPECT_EQ(moved.used(), 7U);
    EXPECT_EQ(share.used(), 0U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

int g_found = 0;

TEST(Budget, FindsItsTotalWhenItMatters) {
  g_found = 0;
  Budget budget(Budget::FoundLate{[]() -> uint64_t {
                  g_found++;
                  return 400;
                }},
                4);
  Budget::Share share(budget);
  EXPECT_TRUE(share.take(3));
  EXPECT_TRUE(share.take(1));
  EXPECT_EQ(g_found, 0);
  EXPECT_EQ(take_all(share), 150U);
  EXPECT_EQ(g_found, 1);
  EXPECT_FALSE(share.take(UINT64_MAX));
}

TEST(Budget, TheFirstLeavesAsMuchAsHeTakes) {
  Budget budget(400, 4);
  Budget::Share greedy(budget);
  EXPECT_EQ(take_all(greedy), 150U);  // of 300 common ones
  EXPECT_FALSE(greedy.take(1));
}

TEST(Budget, ASmallShareIsThereHoweverManyAreGreedy) {
  Budget budget(400, 4);
  std::vector<Budget::Share> greedy;
  for (int i = 0; i < 20; ++i) {
    greedy.emplace_back(budget);
    take_all(greedy.back());
  }
  EXPECT_LE(budget.used(), 400U - 400U / 4 + 20 * 4);
  Budget::Share late(budget);
  EXPECT_TRUE(late.take(4));
  EXPECT_FALSE(late.take(1));
}

TEST(Budget, NeverGivesMoreThanThereIs) {
  Budget budget(100, 4);
  std::vector<Budget::Share> shares;
  for (int i = 0; i < 200; ++i) {
    shares.emplace_back(budget);
    take_all(shares.back());
  }
  EXPECT_EQ(budget.used(), 100U);
  EXPECT_EQ(shares.back().used(), 0U);
  shares.front() = Budget::Share();
  EXPECT_TRUE(shares.back().take(1));
}

TEST(Budget, RefusesWhatWouldWrapAround) {
  Budget budget(100, 4);
  Budget::Share share(budget);
  EXPECT_FALSE(share.take(UINT64_MAX));
  EXPECT_FALSE(share.take(101));
  EXPECT_EQ(share.used(), 0U);
  EXPECT_FALSE(Budget::Share().take(1));
}

TEST(Budget, TasksThatTakeAtOnceDontExceedIt) {
  Budget budget(1000, 1000);
  Budget::Share share(budget);
  auto work = [&share] {
    for (int i = 0; i < 20000; ++i) {
      if (share.take(7)) share.give(7);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(share.used(), 0U);
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace rawposix
