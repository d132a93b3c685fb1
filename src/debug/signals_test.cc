// SPDX-License-Identifier: Apache-2.0
#include "debug/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace rawposix::debug {
namespace {

// Numbers from include/gdb/signals.def.
TEST(Signals, AreGdbs) {
  EXPECT_EQ(to_gdb_signal(SIGSEGV), 11);
  EXPECT_EQ(to_gdb_signal(SIGBUS), 10);
  EXPECT_EQ(to_gdb_signal(SIGUSR1), 30);
  EXPECT_EQ(to_gdb_signal(SIGCHLD), 20);
  EXPECT_EQ(to_gdb_signal(34), 46);
  EXPECT_EQ(to_gdb_signal(1000), 143);
}

TEST(Signals, GoBothWays) {
  for (int signal = 1; signal < 64; signal++) {
    if (signal == 32 || signal == SIGSTKFLT) continue;
    EXPECT_EQ(from_gdb_signal(to_gdb_signal(signal)), signal);
  }
  EXPECT_EQ(from_gdb_signal(-1), 0);
  EXPECT_EQ(from_gdb_signal(0), 0);
  EXPECT_EQ(from_gdb_signal(255), 0);
}

}  // namespace
}  // namespace rawposix::debug
