// SPDX-License-Identifier: Apache-2.0
// A cage's timers: alarm() and setitimer(), those of timer_create(), and what watches RLIMIT_CPU.
// Thread-safe. Lock order: kCageTimers, a leaf but for the queue's.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "abi/signal.h"
#include "cage/cpu_clock.h"
#include "signal/pending.h"
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

  // setitimer(2), with ITIMER_*; returns the setting before.
  Result<TimerSetting> set_interval(int which, const TimerSetting& setting) EXCLUDES(mutex_);
  TimerSetting interval(int which) const EXCLUDES(mutex_);

  // timer_create(2) and its kin. A timer is on a clock of CPU time if `cpu_clock` is given. `info`
  // is what the signal tells; its signal 0: none. `tid`: the task that it goes to, 0 for the cage.
  // EINVAL for numbers that no timer has.
  // The signal's value may be the timer's number.
  enum class Value : uint8_t { kGiven, kNumber };
  Result<int> create(clockid_t clock, std::optional<CpuClock> cpu_clock, const abi::Siginfo& info,
                     pid_t tid, Value value) EXCLUDES(mutex_);
  enum class Start : uint8_t { kFromNow, kAbsolute };
  Result<TimerSetting> set(int number, Start start, const TimerSetting& setting) EXCLUDES(mutex_);
  Result<TimerSetting> get(int number) const EXCLUDES(mutex_);
  // How often the timer was due again before its last signal was taken.
  Result<int> overrun(int number) const EXCLUDES(mutex_);
  // A signal has been taken. If it is a timer's, tells it of what was missed meanwhile.
  void note_taken(abi::Siginfo& info) EXCLUDES(mutex_);
  Result<> remove(int number) EXCLUDES(mutex_);

  // RLIMIT_CPU has changed: sees to it from now on.
  void watch_cpu_limit() EXCLUDES(mutex_);

  // execve(2): those of timer_create() go, the others stay. At the end all go.
  void remove_created() EXCLUDES(mutex_);
  void remove_all() EXCLUDES(mutex_);

 private:
  struct Timer {
    clockid_t clock = CLOCK_REALTIME;
    std::optional<CpuClock> cpu_clock;
    int64_t due_ns = 0;  // on that clock
    abi::Siginfo info{};
    pid_t tid = 0;
    sync::Deadline deadline;  // unset: disarmed; with a CPU clock: of the next look at it
    int64_t seen_ns = 0;      // what a CPU clock showed then
    int64_t idle_ns = 0;      // how long to wait at least, since it doesn't move
    timespec interval{};
    sync::TimerQueue::Id queued = 0;
    uint64_t generation = 0;  // of its setting, so that a late call does nothing
    // Of one with an interval: when that was due which it sent last and nobody has taken yet.
    std::optional<int64_t> sent_due_ns;
    int overrun = 0;
    signal::QueuedEntry entry;

    int64_t due() const;
    int64_t now(const CpuReading& cpu) const;
    void set_due(int64_t next_ns, const CpuReading& cpu);
    // A CPU clock that doesn't show enough yet.
    void look_again(const CpuReading& cpu);
  };
  // What isn't made by timer_create(): -1 - ITIMER_*, and then:
  static constexpr int kCpuLimit = -4;

  // The timer of a number that is none of timer_create()'s; made when first asked for.
  Timer& own_timer(int number) REQUIRES(mutex_);
  // Its CPU clock; of no meaning for a timer of another kind. Never with the lock held, which comes
  // after those of what is asked.
  CpuReading read_cpu_clock(int number) const EXCLUDES(mutex_);
  Result<> arm(int number, Timer& timer) REQUIRES(mutex_);
  void disarm(Timer& timer) REQUIRES(mutex_);
  // `cpu`: from read_cpu_clock().
  static TimerSetting setting_of(const Timer& timer, const CpuReading& cpu);
  Result<> start(int number, Timer& timer, Start start, const timespec& value,
                 const CpuReading& cpu) REQUIRES(mutex_);
  // What a timer sent last is still to be taken. Sending more of it could tell nothing.
  bool is_sent(int number) const EXCLUDES(mutex_);
  void spend_cpu_limit(int64_t cpu_now_ns) EXCLUDES(mutex_);
  void fire(int number, uint64_t generation) EXCLUDES(mutex_);

  Cage& cage_;
  mutable Mutex mutex_{LockRank::kCageTimers};
  std::map<int, Timer> timers_ GUARDED_BY(mutex_);
  int next_number_ GUARDED_BY(mutex_) = 0;
  uint64_t generations_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rawposix::cage
