// SPDX-License-Identifier: Apache-2.0
#include "sync/futex.h"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/mman.h>

#include <thread>
#include <vector>

#include "sfi/run.h"

namespace rawposix::sync {
namespace {

constexpr uint64_t kPlace = 0x100000;
constexpr timespec kLong{30, 0};
constexpr timespec kShort{0, 2'000'000};

class FutexTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::setup().ok()); }
  FutexTest() {
    base_ = static_cast<std::byte*>(mmap(nullptr, sfi::kSlotSize, PROT_NONE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    EXPECT_EQ(mprotect(base_ + kPlace, 4096, PROT_READ | PROT_WRITE), 0);
    waiter_.attach();
  }
  ~FutexTest() override { munmap(base_, sfi::kSlotSize); }

  Futex futex(uint64_t offset = 0) {
    return {{base_, 0, kPlace + offset},
            nullptr,
            mm::GuestMemory(base_),
            mm::GuestAddr{kPlace + offset}};
  }
  uint32_t& word(uint64_t offset = 0) {
    return *reinterpret_cast<uint32_t*>(base_ + kPlace + offset);
  }
  // Threads that wait for `of`, and count themselves when they are woken.
  void start(int count, const Futex& of, uint32_t bits = FutexTable::kAnyBit) {
    for (int i = 0; i < count; i++) {
      threads_.emplace_back([this, of, bits] {
        Waiter waiter;
        waiter.attach();
        waiting_.fetch_add(1);
        EXPECT_TRUE(table_.wait(waiter, of, 0, bits, Deadline::after(kLong)).ok());
        woken_.fetch_add(1);
      });
    }
  }
  // Wakes, one or more at a time, until that many have been.
  uint32_t wake_until(const FutexKey& key, uint32_t wanted, uint32_t most = 1) {
    uint32_t woken = 0;
    while (woken < wanted) {
      woken += table_.wake(key, most);
      std::this_thread::yield();
    }
    return woken;
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  std::byte* base_;
  FutexTable table_;
  Waiter waiter_;
  std::vector<std::thread> threads_;
  std::atomic<uint32_t> waiting_{0};
  std::atomic<uint32_t> woken_{0};
};

TEST_F(FutexTest, ErrorsOfAWait) {
  word() = 7;
  const Deadline soon = Deadline::after(kShort);
  EXPECT_EQ(table_.wait(waiter_, futex(), 8, 1, soon).error(), Errno(EAGAIN));
  EXPECT_EQ(table_.wait(waiter_, futex(), 7, 1, soon).error(), Errno(ETIMEDOUT));
  EXPECT_EQ(table_.wait(waiter_, futex(4096), 7, 1, soon).error(), Errno(EFAULT));
  waiter_.interrupt();
  EXPECT_EQ(table_.wait(waiter_, futex(), 7, 1, {}).error(), kRestart);
  // None of them is in a queue any more.
  EXPECT_EQ(table_.wake(futex().key, 100), 0U);
}

TEST_F(FutexTest, AsManyAreWokenAsAsked) {
  start(5, futex());
  wake_until(futex().key, 2);
  wake_until(futex().key, 3, 10);
  join();
  EXPECT_EQ(woken_.load(), 5U);
  EXPECT_EQ(table_.wake(futex().key, 10), 0U);
}

TEST_F(FutexTest, BitsSelect) {
  start(1, futex(), 1);
  start(1, futex(), 2);
  EXPECT_EQ(table_.wake(futex().key, 10, 4), 0U);
  uint32_t woken = 0;
  while (woken < 1) woken += table_.wake(futex().key, 10, 2);
  while (woken < 2) woken += table_.wake(futex().key, 10, 1);
  join();
}

TEST_F(FutexTest, OthersArentWoken) {
  start(1, futex());
  EXPECT_EQ(table_.wake(futex(8).key, 10), 0U);
  wake_until(futex().key, 1);
  join();
}

TEST_F(FutexTest, RequeuedOnesWaitForTheOther) {
  start(4, futex());
  FutexTable::Requeued all;
  while (all.woken + all.moved < 4) {
    const FutexTable::Requeued some =
        table_.requeue(futex(), futex(8), all.woken == 0 ? 1 : 0, 10).value();
    all.woken += some.woken;
    all.moved += some.moved;
    std::this_thread::yield();
  }
  EXPECT_EQ(all.woken, 1U);
  EXPECT_EQ(table_.wake(futex().key, 10), 0U);
  wake_until(futex(8).key, 3);
  join();
}

TEST_F(FutexTest, ARequeueMayCompareFirst) {
  word() = 7;
  EXPECT_EQ(table_.requeue(futex(), futex(8), 1, 1, 6).error(), Errno(EAGAIN));
  EXPECT_TRUE(table_.requeue(futex(), futex(8), 1, 1, 7).ok());
  EXPECT_EQ(table_.requeue(futex(1 << 20), futex(8), 1, 1, 0).error(), Errno(EFAULT));
}

// The waiters of a lock get it one after another, and the word says who has it.
TEST_F(FutexTest, LocksExclude) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  // Guarded by the futex, which ThreadSanitizer doesn't see: its word is changed in assembly.
  std::atomic<int> counter{0};
  auto exists = [](uint32_t) { return true; };
  for (uint32_t tid = 1; tid <= kThreads; tid++) {
    threads_.emplace_back([&, tid] {
      Waiter waiter;
      waiter.attach();
      for (int round = 0; round < kRounds; round++) {
        ASSERT_TRUE(table_
                        .lock(waiter, futex(), tid, FutexTable::LockWait::kYes,
                              Deadline::after(kLong), exists)
                        .ok());
        EXPECT_EQ(__atomic_load_n(&word(), __ATOMIC_SEQ_CST) & FUTEX_TID_MASK, tid);
        counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        ASSERT_TRUE(table_.unlock(futex(), tid).ok());
      }
    });
  }
  join();
  EXPECT_EQ(counter.load(), kThreads * kRounds);
  EXPECT_EQ(word(), 0U);
}

TEST_F(FutexTest, ErrorsOfLocks) {
  auto exists = [](uint32_t tid) { return tid == 5; };
  auto lock = [&](uint32_t tid, FutexTable::LockWait wait) {
    return table_.lock(waiter_, futex(), tid, wait, Deadline::after(kShort), exists);
  };
  word() = 5;
  EXPECT_EQ(lock(5, FutexTable::LockWait::kYes).error(), Errno(EDEADLK));
  EXPECT_EQ(lock(6, FutexTable::LockWait::kNo).error(), Errno(EAGAIN));
  EXPECT_EQ(lock(6, FutexTable::LockWait::kYes).error(), Errno(ETIMEDOUT));
  EXPECT_EQ(table_.unlock(futex(), 6).error(), Errno(EPERM));
  word() = 77;
  EXPECT_EQ(lock(6, FutexTable::LockWait::kYes).error(), Errno(ESRCH));
}

// The owner gives the lock up, and waits for the other's, between the look at the word and that at
// who waits for whom: no deadlock.
TEST_F(FutexTest, AnOwnerThatHasGivenUpClosesNoCycle) {
  constexpr uint32_t kMe = 1;
  constexpr uint32_t kOther = 2;
  const Futex mine = futex();
  const Futex its = futex(8);
  const auto anybody = [](uint32_t) { return true; };
  std::atomic_ref<uint32_t> my_word(word());
  std::atomic_ref<uint32_t> its_word(word(8));
  my_word = kMe;
  its_word = kOther;
  std::thread other;
  const auto owner_goes_on = [&](uint32_t) {
    if (other.joinable()) return true;
    its_word = 0;
    other = std::thread([&] {
      Waiter waiter;
      waiter.attach();
      const Deadline end = Deadline::after(kLong);
      EXPECT_TRUE(table_.lock(waiter, mine, kOther, FutexTable::LockWait::kYes, end, anybody).ok());
    });
    while ((my_word & FUTEX_WAITERS) == 0) std::this_thread::yield();
    return true;
  };
  const Deadline end = Deadline::after(kLong);
  EXPECT_TRUE(table_.lock(waiter_, its, kMe, FutexTable::LockWait::kYes, end, owner_goes_on).ok());
  EXPECT_EQ(its_word, kMe);
  EXPECT_TRUE(table_.unlock(mine, kMe).ok());
  other.join();
  EXPECT_EQ(my_word, kOther);
}

}  // namespace
}  // namespace rawposix::sync
