// SPDX-License-Identifier: Apache-2.0
// Things to do at points in time, done one after another by a thread of the pool that is there
// while there is something to wait for. Thread-safe. Lock order: kWaitQueue.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "host/thread_pool.h"
#include "support/mutex.h"
#include "sync/waiter.h"

namespace rawposix::sync {

class TimerQueue {
 public:
  using Id = uint64_t;  // never 0

  explicit TimerQueue(host::ThreadPool& threads) : threads_(threads) {}
  // Waits for the thread to end; what is not due yet is dropped.
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // `action` is called without locks held, after the deadline (which is set). EAGAIN.
  Result<Id> add(const Deadline& deadline, std::function<void()> action) EXCLUDES(mutex_);
  // It will not be called any more, unless that has begun.
  void cancel(Id id) EXCLUDES(mutex_);

 private:
  struct Entry {
    Deadline deadline;
    std::function<void()> action;
  };
  // What is left decides which of both clocks comes first.
  using ByTime = std::set<std::pair<int64_t, Id>>;  // nanoseconds on its clock

  ByTime& by_time(const Deadline& deadline) REQUIRES(mutex_);
  Result<> start_thread() REQUIRES(mutex_);
  void run() EXCLUDES(mutex_);
  // Does what is due. Empty: nothing is left to wait for.
  std::optional<Deadline> run_due() EXCLUDES(mutex_);
  std::optional<Deadline> next() const REQUIRES(mutex_);

  host::ThreadPool& threads_;
  mutable Mutex mutex_{LockRank::kTimers};
  std::map<Id, Entry> entries_ GUARDED_BY(mutex_);
  ByTime by_monotonic_ GUARDED_BY(mutex_);
  ByTime by_realtime_ GUARDED_BY(mutex_);
  Id last_id_ GUARDED_BY(mutex_) = 0;
  Waiter waiter_;
  std::atomic<bool> closing_{false};
  std::atomic<uint32_t> running_{0};  // waited on by the destructor
};

}  // namespace rawposix::sync
