// SPDX-License-Identifier: Apache-2.0
#include "sync/timer_queue.h"

#include <utility>

#include "host/wait.h"

namespace rawposix::sync {
namespace {

int64_t to_ns(const timespec& time) {
  int64_t ns = 0;
  if (__builtin_mul_overflow(time.tv_sec, kNanosecondsPerSecond, &ns)) return INT64_MAX;
  return __builtin_add_overflow(ns, time.tv_nsec, &ns) ? INT64_MAX : ns;
}

timespec to_time(int64_t ns) { return {ns / kNanosecondsPerSecond, ns % kNanosecondsPerSecond}; }

int64_t now_ns(clockid_t clock) { return to_ns(host::now(clock).value_or(timespec{})); }

}  // namespace

TimerQueue::~TimerQueue() {
  closing_.store(true, std::memory_order_release);
  waiter_.wake();
  while (uint32_t running = running_.load(std::memory_order_acquire)) {
    static_cast<void>(host::wait_while(running_, running));
  }
}

TimerQueue::ByTime& TimerQueue::by_time(const Deadline& deadline) {
  return deadline.clock() == CLOCK_REALTIME ? by_realtime_ : by_monotonic_;
}

Result<TimerQueue::Id> TimerQueue::add(const Deadline& deadline, std::function<void()> action) {
  Id id = 0;
  bool starts = false;
  {
    MutexLock lock(mutex_);
    starts = running_.exchange(1, std::memory_order_acq_rel) == 0;
    // Under the lock: nobody adds anything in the belief that there is a thread.
    if (starts) TRY(start_thread());
    id = ++last_id_;
    entries_[id] = {deadline, std::move(action)};
    by_time(deadline).emplace(to_ns(deadline.time()), id);
  }
  if (!starts) waiter_.wake();
  return id;
}

Result<> TimerQueue::start_thread() {
  Result<> started =
      threads_.start({[](void* self) { static_cast<TimerQueue*>(self)->run(); }, this});
  if (!started.ok()) running_.store(0, std::memory_order_release);
  return started;
}

void TimerQueue::cancel(Id id) {
  Entry gone;  // destroyed after the lock is released
  MutexLock lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end()) return;
  gone = std::move(found->second);
  entries_.erase(found);
  by_time(gone.deadline).erase({to_ns(gone.deadline.time()), id});
}

std::optional<Deadline> TimerQueue::next() const {
  const bool monotonic = !by_monotonic_.empty();
  const bool realtime = !by_realtime_.empty();
  if (!monotonic && !realtime) return std::nullopt;
  int64_t left = monotonic ? by_monotonic_.begin()->first - now_ns(CLOCK_MONOTONIC) : INT64_MAX;
  int64_t left_real = realtime ? by_realtime_.begin()->first - now_ns(CLOCK_REALTIME) : INT64_MAX;
  if (monotonic && left <= left_real) {
    return Deadline::at(CLOCK_MONOTONIC, to_time(by_monotonic_.begin()->first));
  }
  return Deadline::at(CLOCK_REALTIME, to_time(by_realtime_.begin()->first));
}

std::optional<Deadline> TimerQueue::run_due() {
  while (true) {
    Entry due;
    {
      MutexLock lock(mutex_);
      std::optional<Deadline> first = next();
      if (!first) {
        // Under the lock: whoever adds from here on starts a thread.
        running_.store(0, std::memory_order_release);
        return std::nullopt;
      }
      if (to_ns(first->time()) > now_ns(first->clock())) return first;
      ByTime& times = by_time(*first);
      auto found = entries_.find(times.begin()->second);
      times.erase(times.begin());
      due = std::move(found->second);
      entries_.erase(found);
    }
    due.action();
  }
}

void TimerQueue::run() {
  waiter_.attach();
  while (!closing_.load(std::memory_order_acquire)) {
    std::optional<Deadline> next = run_due();
    if (!next) {
      host::wake_all(running_);
      return;
    }
    static_cast<void>(waiter_.park(*next));
  }
  running_.store(0, std::memory_order_release);
  host::wake_all(running_);
}

}  // namespace rawposix::sync
