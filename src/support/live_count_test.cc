// SPDX-License-Identifier: Apache-2.0
#include "support/live_count.h"

#include <gtest/gtest.h>

#include <memory>

namespace rawposix {
namespace {

struct One {
  LiveCount<One> live;
};
struct Other {
  LiveCount<Other> live;
};

TEST(LiveCountTest, CountsObjectsOfItsClass) {
  EXPECT_EQ(LiveCount<One>::now(), 0U);
  auto first = std::make_unique<One>();
  {
    One copy = *first;
    One third;
    third = copy;
    EXPECT_EQ(LiveCount<One>::now(), 3U);
    EXPECT_EQ(LiveCount<Other>::now(), 0U);
  }
  EXPECT_EQ(LiveCount<One>::now(), 1U);
  first.reset();
  EXPECT_EQ(LiveCount<One>::now(), 0U);
}

}  // namespace
}  // namespace rawposix
