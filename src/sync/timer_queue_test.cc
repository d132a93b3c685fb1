// SPDX-License-Identifier: Apache-2.0
#include "sync/timer_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "host/wait.h"

namespace rawposix::sync {
namespace {

constexpr timespec kNever{1000, 0};

timespec milliseconds(int64_t count) { return host::to_timespec(count * 1'000'000); }

class TimerQueueTest : public testing::Test {
 protected:
  void count_one() {
    count_.fetch_add(1);
    host::wake_all(count_);
  }
  void wait_for(uint32_t wanted) {
    for (uint32_t seen = count_.load(); seen < wanted; seen = count_.load()) {
      static_cast<void>(host::wait_while(count_, seen));
    }
  }

  std::atomic<uint32_t> count_{0};
  host::ThreadPool threads_;
  TimerQueue queue_{threads_};
};

TEST_F(TimerQueueTest, InOrderOfTimeOnBothClocks) {
  std::vector<int> order;
  auto note = [&](int number) {
    return [this, &order, number] {
      order.push_back(number);
      count_one();
    };
  };
  // Again if somebody kept this thread from adding all before the first two are due.
  bool in_time = false;
  for (uint32_t round = 1; !in_time; round++) {
    order.clear();
    const Deadline latest = Deadline::after(milliseconds(200));
    timespec real = host::now(CLOCK_REALTIME).value();
    real.tv_nsec += 300'000'000;
    if (real.tv_nsec >= kNanosecondsPerSecond) {
      real.tv_sec++;
      real.tv_nsec -= kNanosecondsPerSecond;
    }
    ASSERT_TRUE(queue_.add(Deadline::after(milliseconds(600)), note(3)).ok());
    ASSERT_TRUE(queue_.add(Deadline::at(CLOCK_REALTIME, real), note(2)).ok());
    ASSERT_TRUE(queue_.add(Deadline::after(milliseconds(1)), note(1)).ok());
    in_time = host::nanoseconds(latest.left()) > 0;
    wait_for(3 * round);
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST_F(TimerQueueTest, WhatIsCancelledIsNotDone) {
  const TimerQueue::Id first =
      queue_.add(Deadline::after(milliseconds(30)), [this] { count_.fetch_add(100); }).value();
  ASSERT_TRUE(queue_.add(Deadline::after(milliseconds(50)), [this] { count_one(); }).ok());
  queue_.cancel(first);
  queue_.cancel(first);
  queue_.cancel(12345);
  wait_for(1);
  EXPECT_EQ(count_.load(), 1U);
}

// Its thread comes and goes with what there is to wait for.
TEST_F(TimerQueueTest, OneAfterAnother) {
  for (uint32_t i = 1; i <= 200; i++) {
    ASSERT_TRUE(queue_.add(Deadline::after({}), [this] { count_one(); }).ok());
    wait_for(i);
  }
}

TEST_F(TimerQueueTest, AnActionAddsAnother) {
  std::function<void()> again = [&] {
    if (count_.load() < 20) {
      static_cast<void>(queue_.add(Deadline::after({}), [&] { again(); }));
    }
    count_one();
  };
  ASSERT_TRUE(queue_.add(Deadline::after({}), [&] { again(); }).ok());
  wait_for(21);
}

TEST_F(TimerQueueTest, ManyAddAndCancel) {
  std::vector<std::thread> adders;
  for (int i = 0; i < 4; i++) {
    adders.emplace_back([this, i] {
      for (int round = 0; round < 500; round++) {
        const Deadline soon = Deadline::after(host::to_timespec(round % 7 * 10'000));
        const auto id = queue_.add(soon, [this] { count_one(); });
        ASSERT_TRUE(id.ok());
        const auto never = queue_.add(Deadline::after(kNever), [] { FAIL(); });
        ASSERT_TRUE(never.ok());
        queue_.cancel(never.value());
        if (i == 0) std::this_thread::yield();
      }
    });
  }
  for (std::thread& adder : adders) adder.join();
  wait_for(2000);
  EXPECT_EQ(count_.load(), 2000U);
}

TEST_F(TimerQueueTest, WhatIsNotDueIsDroppedAtTheEnd) {
  TimerQueue queue(threads_);
  ASSERT_TRUE(queue.add(Deadline::after(kNever), [] { FAIL(); }).ok());
}

}  // namespace
}  // namespace rawposix::sync
