// SPDX-License-Identifier: Apache-2.0
// A cage's timers: alarm() and setitimer()'s ITIMER_REAL, and those of timer_create(). Thread-safe.
// Lock order: kTimers of the cage, a leaf but for the queue's.
#pragma once

#include <map>
#include <memory>

#include "abi/signal.h"
#include "support/mutex.h"
#include "support/result.h"
#include "sync/timer_queue.h"

namespace rawposix::cage {

class Cage;

// How long until it fires, and then how often; zero: not.
struct TimerSetting {
  timespec value{};
  timespec interval{};
};

class Timers {
 public:
  explicit Timers(Cage& cage) : cage_(cage) {}
  ~Timers();

  // setitimer(2); returns the setting before.
  Result<TimerSetting> set_real(const TimerSetting& setting) EXCLUDES(mutex_);
  TimerSetting real() const EXCLUDES(mutex_);

  // timer_create(2) and its kin. `info` is what the signal tells; its signal 0: none. `tid`: the
  // task that it goes to, 0 for the cage. EINVAL for numbers that no timer has.
  Result<int> create(clockid_t clock, const abi::Siginfo& info, pid_t tid) EXCLUDES(mutex_);
  enum class Start : uint8_t { kFromNow, kAbsolute };
  Result<TimerSetting> set(int number, Start start, const TimerSetting& setting) EXCLUDES(mutex_);
  Result<TimerSetting> get(int number) const EXCLUDES(mutex_);
  Result<int> overrun(int number) const EXCLUDES(mutex_);
  Result<> remove(int number) EXCLUDES(mutex_);

  // execve(2): those of timer_create() go, the real one stays. At the end all go.
  void remove_created() EXCLUDES(mutex_);
  void remove_all() EXCLUDES(mutex_);

 private:
  struct Timer {
    clockid_t clock = CLOCK_REALTIME;
    abi::Siginfo info{};
    pid_t tid = 0;
    sync::Deadline deadline;  // unset: disarmed
    timespec interval{};
    sync::TimerQueue::Id queued = 0;
    uint64_t generation = 0;  // of its setting, so that a late call does nothing
    int overrun = 0;
  };
  static constexpr int kReal = -1;

  Result<> arm(int number, Timer& timer) REQUIRES(mutex_);
  void disarm(Timer& timer) REQUIRES(mutex_);
  static TimerSetting setting_of(const Timer& timer);
  void fire(int number, uint64_t generation) EXCLUDES(mutex_);

  Cage& cage_;
  mutable Mutex mutex_{LockRank::kCageTimers};
  std::map<int, Timer> timers_ GUARDED_BY(mutex_);
  uint64_t generations_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rawposix::cage
