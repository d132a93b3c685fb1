// SPDX-License-Identifier: Apache-2.0
#include "signal/pending.h"

#include <gtest/gtest.h>

#include "signal/siginfo.h"

namespace rawposix::signal {
namespace {

constexpr size_t kMany = 100;

abi::Siginfo queued(int signal, uint64_t value) { return sent_info(signal, SI_QUEUE, 1, 2, value); }

TEST(PendingSignals, AStandardSignalIsPendingOnce) {
  QueuedSignals queued_signals{0};
  PendingSignals pending(queued_signals);
  ASSERT_TRUE(pending.add(queued(SIGUSR1, 1), kMany).ok());
  ASSERT_TRUE(pending.add(queued(SIGUSR1, 2), kMany).ok());
  EXPECT_EQ(pending.count(), 1U);
  EXPECT_EQ(pending.take(SignalSet::all())->fields[1], 1U);
  EXPECT_FALSE(pending.take(SignalSet::all()).has_value());
  EXPECT_TRUE(pending.set().empty());
}

// What only says that it is a timer's is one of a kind; a timer's own has room beyond the limit.
TEST(PendingSignals, TimersHaveRoomOfTheirOwn) {
  QueuedSignals queued_signals{0};
  PendingSignals pending(queued_signals);
  auto of_timer = [](uint64_t number) {
    abi::Siginfo info = plain_info(SIGUSR1, SI_TIMER);
    info.fields[0] = number;
    return info;
  };
  ASSERT_TRUE(pending.add(of_timer(3), kMany).ok());
  ASSERT_TRUE(pending.add(of_timer(4), kMany).ok());
  EXPECT_EQ(pending.count(), 1U);
  EXPECT_FALSE(pending.has_of_timer(SIGUSR1, 3));
  pending.add_of_timer(of_timer(5));
  pending.add_of_timer(of_timer(6));
  EXPECT_EQ(pending.count(), 3U);
  EXPECT_TRUE(pending.has_of_timer(SIGUSR1, 5));
  EXPECT_FALSE(pending.has_of_timer(SIGUSR2, 5));
  for (const uint64_t number : {3U, 5U, 6U}) {
    EXPECT_EQ(pending.take(SignalSet::all())->fields[0], number);
    EXPECT_FALSE(pending.has_of_timer(SIGUSR1, static_cast<int>(number)));
  }
  EXPECT_TRUE(pending.set().empty());
  EXPECT_EQ(queued_signals, 0U);
}

TEST(PendingSignals, RealTimeSignalsKeepTheirOrder) {
  QueuedSignals queued_signals{0};
  PendingSignals pending(queued_signals);
  for (uint64_t i = 0; i < 50; i++) ASSERT_TRUE(pending.add(queued(40, i), kMany).ok());
  for (uint64_t i = 0; i < 50; i++) {
    EXPECT_EQ(pending.take(SignalSet{40})->fields[1], i);
    // As many come as go: what was taken doesn't stay.
    ASSERT_TRUE(pending.add(queued(40, i + 50), kMany).ok());
  }
  EXPECT_EQ(pending.count(), 50U);
}

// Faults first, then the lowest number (kernel/signal.c, next_signal()).
TEST(PendingSignals, WhatComesFirst) {
  QueuedSignals queued_signals{0};
  PendingSignals pending(queued_signals);
  for (int signal : {50, SIGUSR1, SIGHUP, SIGSEGV}) {
    ASSERT_TRUE(pending.add(plain_info(signal, SI_USER), kMany).ok());
  }
  EXPECT_EQ(pending.take(SignalSet::all())->signal, SIGSEGV);
  EXPECT_EQ(pending.take(~SignalSet{SIGHUP})->signal, SIGUSR1);
  EXPECT_EQ(pending.take(SignalSet::all())->signal, SIGHUP);
  EXPECT_EQ(pending.take(SignalSet::all())->signal, 50);
}

TEST(PendingSignals, BeyondTheLimit) {
  QueuedSignals queued_signals{0};
  PendingSignals pending(queued_signals);
  ASSERT_TRUE(pending.add(queued(40, 1), 1).ok());
  EXPECT_EQ(pending.add(queued(40, 2), 1).error(), Errno(EAGAIN));
  // kill() gets through, without its details.
  ASSERT_TRUE(pending.add(sent_info(41, SI_USER, 7, 8), 1).ok());
  ASSERT_TRUE(pending.add(queued(SIGUSR1, 3), 1).ok());
  EXPECT_EQ(pending.count(), 1U);
  const abi::Siginfo plain = *pending.take(SignalSet{41});
  EXPECT_EQ(plain.signal, 41);
  EXPECT_EQ(plain.fields[0], 0U);
  EXPECT_EQ(pending.take(SignalSet::all())->signal, SIGUSR1);
  EXPECT_EQ(pending.take(SignalSet::all())->fields[1], 1U);
  ASSERT_TRUE(pending.add(queued(40, 4), 1).ok());
}

TEST(PendingSignals, TheLimitIsForAllQueuesOfAUser) {
  QueuedSignals all{0};
  PendingSignals one(all);
  {
    PendingSignals other(all);
    ASSERT_TRUE(one.add(queued(40, 1), 2).ok());
    ASSERT_TRUE(other.add(queued(40, 1), 2).ok());
    EXPECT_EQ(other.add(queued(40, 2), 2).error(), Errno(EAGAIN));
    EXPECT_EQ(one.add(queued(40, 2), 2).error(), Errno(EAGAIN));
    EXPECT_EQ(all, 2U);
  }
  EXPECT_EQ(all, 1U);
  ASSERT_TRUE(one.add(queued(40, 2), 2).ok());
  ASSERT_TRUE(one.take(SignalSet::all()).has_value());
  one.remove(SignalSet::all());
  EXPECT_EQ(all, 0U);
}

TEST(PendingSignals, RemovedOnesAreCountedNoMore) {
  QueuedSignals queued_signals{0};
  PendingSignals pending(queued_signals);
  for (uint64_t i = 0; i < 5; i++) ASSERT_TRUE(pending.add(queued(40, i), kMany).ok());
  ASSERT_TRUE(pending.add(queued(SIGCONT, 0), kMany).ok());
  pending.take(SignalSet{40});
  pending.remove(SignalSet{40, SIGUSR2});
  EXPECT_EQ(pending.count(), 1U);
  EXPECT_EQ(pending.set(), SignalSet{SIGCONT});
}

}  // namespace
}  // namespace rawposix::signal
