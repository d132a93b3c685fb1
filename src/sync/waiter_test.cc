// SPDX-License-Identifier: Apache-2.0
#include "sync/waiter.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "host/file.h"
#include "sfi/run.h"
#include "sync/wait_queue.h"

namespace rawposix::sync {
namespace {

constexpr timespec kLong{30, 0};
constexpr timespec kShort{0, 2'000'000};

class WaiterTest : public testing::Test {
 protected:
  // The handler of the signal that pulls threads out of calls.
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::setup().ok()); }
  WaiterTest() { waiter_.attach(); }
  Waiter waiter_;
};

TEST_F(WaiterTest, AWakeBeforeCounts) {
  waiter_.wake();
  EXPECT_TRUE(waiter_.park(Deadline::after(kLong)).ok());
  EXPECT_EQ(waiter_.park(Deadline::after(kShort)).error(), Errno(ETIMEDOUT));
}

TEST_F(WaiterTest, AnInterruptionLastsUntilItIsCleared) {
  EXPECT_FALSE(waiter_.interrupt());  // not parked
  EXPECT_EQ(waiter_.park().error(), kRestart);
  EXPECT_EQ(waiter_.park().error(), kRestart);
  waiter_.clear_interrupt();
  EXPECT_EQ(waiter_.park(Deadline::after(kShort)).error(), Errno(ETIMEDOUT));
}

TEST_F(WaiterTest, APointThatHasPassedIsNoWait) {
  EXPECT_EQ(waiter_.park(Deadline::at(CLOCK_MONOTONIC, {})).error(), Errno(ETIMEDOUT));
  EXPECT_EQ(waiter_.park(Deadline::at(CLOCK_REALTIME, {})).error(), Errno(ETIMEDOUT));
}

// Each side wakes the other as often; a lost wake would leave both asleep.
TEST_F(WaiterTest, NoWakeIsLost) {
  constexpr int kRounds = 20'000;
  Waiter other;
  std::atomic<int> turn{0};
  WaitQueue queue;
  auto play = [&](Waiter& waiter, int own) {
    waiter.attach();
    WaitQueue::Entry entry(queue, waiter);
    for (int round = 0; round < kRounds; round++) {
      while (turn.load() % 2 != own) ASSERT_TRUE(waiter.park(Deadline::after(kLong)).ok());
      turn.fetch_add(1);
      queue.wake_all();
    }
  };
  std::thread thread([&] { play(other, 1); });
  play(waiter_, 0);
  thread.join();
  EXPECT_EQ(turn.load(), 2 * kRounds);
}

class HostCallTest : public WaiterTest {
 protected:
  HostCallTest() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~HostCallTest() override {
    for (int end : ends_) close(end);
  }
  Result<int> wait(const host::StopWord& stop) {
    pollfd file{ends_[0], POLLIN, 0};
    return host::wait_ready(std::span(&file, 1), nullptr, stop);
  }
  std::array<int, 2> ends_{};
};

TEST_F(HostCallTest, WakesDontEndACallThatIsNotForThem) {
  std::thread thread([&] {
    for (int i = 0; i < 20; i++) {
      waiter_.wake();
      usleep(500);
    }
    EXPECT_EQ(write(ends_[1], "x", 1), 1);
  });
  const Result<int> ready = waiter_.host_call([&](const auto& stop) { return wait(stop); });
  thread.join();
  ASSERT_TRUE(ready.ok());
  EXPECT_EQ(ready.value(), 1);
}

// Whenever it comes: before the call, on the way in, and within.
TEST_F(HostCallTest, AWakeEndsACallThatIsForThem) {
  for (int round = 0; round < 500; round++) {
    waiter_.clear_wake();
    std::thread thread([&] {
      if (round % 2 == 0) usleep(static_cast<useconds_t>(round % 100));
      waiter_.wake();
    });
    const Result<int> woken =
        waiter_.host_call_or_wake([&](const auto& stop) { return wait(stop); });
    thread.join();
    ASSERT_EQ(woken.error(), Errno(EINTR));
  }
}

TEST_F(HostCallTest, AnInterruptionEndsBoth) {
  waiter_.interrupt();
  auto call = [&](const auto& stop) { return wait(stop); };
  EXPECT_EQ(waiter_.host_call(call).error(), kRestart);
  EXPECT_EQ(waiter_.host_call_or_wake(call).error(), kRestart);
}

}  // namespace
}  // namespace rawposix::sync
