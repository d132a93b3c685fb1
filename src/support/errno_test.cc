// SPDX-License-Identifier: Apache-2.0
#include "support/errno.h"

#include <gtest/gtest.h>

#include <cstring>

namespace rawposix {
namespace {

// This test is linked with glibc, which knows them all.
TEST(Errno, HasTheNamesAndTextsOfGlibc) {
  int known = 0;
  for (int number = 0; number < 4096; number++) {
    const char* name = strerrorname_np(number);
    const char* text = strerrordesc_np(number);
    if (name == nullptr) {
      EXPECT_STREQ(Errno(number).name(), "E?") << number;
      EXPECT_STREQ(Errno(number).message(), "Unknown error") << number;
      continue;
    }
    known++;
    // glibc calls it "0".
    EXPECT_STREQ(Errno(number).name(), number == 0 ? "E?" : name) << number;
    EXPECT_STREQ(Errno(number).message(), text) << number;
  }
  EXPECT_GT(known, 130);
  EXPECT_STREQ(Errno(-1).name(), "E?");
}

}  // namespace
}  // namespace rawposix
