// SPDX-License-Identifier: Apache-2.0
#include "host/clock.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace rawposix::host {
namespace {

TEST(Clock, NanosecondsOfATime) {
  EXPECT_EQ(nanoseconds({0, 0}), 0);
  EXPECT_EQ(nanoseconds({3, 999'999'999}), 3'999'999'999);
  EXPECT_EQ(nanoseconds({-1, 999'999'999}), -1);
}

TEST(Clock, FarTimesWrap) {
  // 2^34 * 10^9 mod 2^64
  EXPECT_EQ(nanoseconds({int64_t{1} << 34, 5}), -1'266'874'889'709'551'616 + 5);
}

}  // namespace
}  // namespace rawposix::host
