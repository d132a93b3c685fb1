// SPDX-License-Identifier: Apache-2.0
#include "debug/watchpoints.h"

#include <gtest/gtest.h>

#include "debug/test_target.h"

namespace rawposix::debug {
namespace {

TEST(Watchpoints, NoticeEachChangeOnce) {
  TestTarget target;
  mm::GuestMemory memory = target.task->memory();
  Watchpoints points(memory);
  EXPECT_TRUE(points.empty());
  ASSERT_TRUE(points.insert(TestTarget::kVariable, 4).ok());
  EXPECT_FALSE(points.find_change().has_value());
  ASSERT_TRUE(memory.fill(mm::GuestAddr{TestTarget::kVariable + 4}, std::byte{9}, 1).ok());
  EXPECT_FALSE(points.find_change().has_value()) << "behind it";
  ASSERT_TRUE(memory.fill(mm::GuestAddr{TestTarget::kVariable + 3}, std::byte{9}, 1).ok());
  EXPECT_EQ(points.find_change(), TestTarget::kVariable);
  EXPECT_FALSE(points.find_change().has_value());
  points.remove(TestTarget::kVariable, 4);
  EXPECT_TRUE(points.empty());
}

TEST(Watchpoints, AreLimited) {
  TestTarget target;
  Watchpoints points(target.task->memory());
  EXPECT_FALSE(points.insert(TestTarget::kVariable, 0).ok());
  EXPECT_FALSE(points.insert(TestTarget::kVariable, UINT64_MAX).ok());
  EXPECT_TRUE(points.insert(0, 8).ok()) << "not mapped, but may be";
  EXPECT_FALSE(points.find_change().has_value());
  size_t count = 1;
  while (count < 1000 && points.insert(TestTarget::kVariable, 1).ok()) count++;
  EXPECT_EQ(count, Watchpoints::kMaxCount);
}

}  // namespace
}  // namespace rawposix::debug
