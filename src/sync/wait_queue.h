// SPDX-License-Identifier: Apache-2.0
// Those who wait for one thing to change. Whoever changes it calls wake_all() afterwards; whoever
// waits enters the queue before it looks at the thing. Lock order: kWaitQueue.
#pragma once

#include <atomic>

#include "support/mutex.h"
#include "sync/waiter.h"

namespace rawposix::sync {

class WaitQueue {
 public:
  // In the queue while it lives.
  class Entry {
   public:
    Entry(WaitQueue& queue, Waiter& waiter);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class WaitQueue;
    WaitQueue& queue_;
    Waiter& waiter_;
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
  };

  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  void wake_all() EXCLUDES(mutex_);

 private:
  Mutex mutex_{LockRank::kWaitQueue};
  Entry* first_ GUARDED_BY(mutex_) = nullptr;
  // So that a change that nobody waits for costs no lock. Entering and the look at the thing that
  // follows, and changing it and the look here, order each other: either side sees the other.
  std::atomic<uint32_t> entries_{0};
};

}  // namespace rawposix::sync
