// SPDX-License-Identifier: Apache-2.0
// alarm(2), setitimer(2), timer_create(2) and kin
#include <sys/time.h>

#include <csignal>

#include "cage/timers.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

using cage::Timers;
using cage::TimerSetting;

bool valid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < sync::kNanosecondsPerSecond;
}
bool valid(const timeval& time) {
  return time.tv_sec >= 0 && time.tv_usec >= 0 && time.tv_usec < 1'000'000;
}
timespec to_timespec(const timeval& time) { return {time.tv_sec, time.tv_usec * 1000}; }
timeval to_timeval(const timespec& time) { return {time.tv_sec, time.tv_nsec / 1000}; }
itimerval to_itimerval(const TimerSetting& setting) {
  return {to_timeval(setting.interval), to_timeval(setting.value)};
}
itimerspec to_itimerspec(const TimerSetting& setting) { return {setting.interval, setting.value}; }

Result<> check_kind(int32_t which) {
  if (which != ITIMER_REAL && which != ITIMER_VIRTUAL && which != ITIMER_PROF) return Errno(EINVAL);
  return {};
}

// A clock of CPU time that a timer can be on: one of the cage itself. Empty for other clocks.
Result<std::optional<cage::CpuClock>> timer_clock(Task& task, int32_t clock) {
  if (cage::is_cpu_clock(clock)) {
    const cage::CpuClockOf found = TRY(cage::find_cpu_clock(task, clock));
    if (found.cage.get() != &task.cage()) return Errno(EOPNOTSUPP);
    return std::optional(found.clock);
  }
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
      return std::optional<cage::CpuClock>();
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
      return Errno(EOPNOTSUPP);
    default:
      return Errno(EINVAL);
  }
}

}  // namespace

Result<int64_t> sys_alarm(Task& task, uint32_t seconds) {
  TimerSetting before =
      TRY(task.cage().timers().set_interval(ITIMER_REAL, {{int64_t{seconds}, 0}, {}}));
  // Rounded, and never to the zero that means none (kernel/time/itimer.c).
  int64_t left = before.value.tv_sec + (before.value.tv_nsec >= 500'000'000 ? 1 : 0);
  return left == 0 && before.value.tv_nsec != 0 ? int64_t{1} : left;
}

Result<> sys_getitimer(Task& task, int32_t which, UserOut<itimerval> setting) {
  TRY(check_kind(which));
  return task.memory().write(setting, to_itimerval(task.cage().timers().interval(which)));
}

Result<> sys_setitimer(Task& task, int32_t which, UserIn<itimerval> fresh, UserOut<itimerval> old) {
  itimerval wanted{};
  if (!fresh.is_null()) wanted = TRY(task.memory().read(fresh));
  if (!valid(wanted.it_value) || !valid(wanted.it_interval)) return Errno(EINVAL);
  TRY(check_kind(which));
  TimerSetting before = TRY(task.cage().timers().set_interval(
      which, {to_timespec(wanted.it_value), to_timespec(wanted.it_interval)}));
  return task.memory().write_if(old, to_itimerval(before));
}

Result<> sys_timer_create(Task& task, int32_t clock, UserIn<abi::Sigevent> event,
                          UserOut<int32_t> number) {
  abi::Sigevent wanted{};
  wanted.notify = SIGEV_SIGNAL;
  wanted.signal = SIGALRM;
  if (!event.is_null()) wanted = TRY(task.memory().read(event));
  const std::optional<cage::CpuClock> cpu_clock = TRY(timer_clock(task, clock));
  const bool signals = wanted.notify != SIGEV_NONE;
  if (signals && !signal::is_signal(wanted.signal)) return Errno(EINVAL);
  pid_t tid = 0;
  switch (wanted.notify) {
    case SIGEV_NONE:
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
      break;
    case SIGEV_THREAD_ID | SIGEV_SIGNAL: {
      std::shared_ptr<Task> target = task.world().tree().find_task(wanted.thread);
      if (target == nullptr || &target->cage() != &task.cage()) return Errno(EINVAL);
      tid = wanted.thread;
      break;
    }
    default:
      return Errno(EINVAL);
  }
  abi::Siginfo info = signal::plain_info(signals ? wanted.signal : 0, SI_TIMER);
  info.fields[1] = wanted.value;
  const Timers::Value value = event.is_null() ? Timers::Value::kNumber : Timers::Value::kGiven;
  int made = TRY(task.cage().timers().create(clock, cpu_clock, info, tid, value));
  Result<> told = task.memory().write(number, made);
  if (!told.ok()) static_cast<void>(task.cage().timers().remove(made));
  return told;
}

Result<> sys_timer_settime(Task& task, int32_t number, int32_t flags, UserIn<itimerspec> fresh,
                           UserOut<itimerspec> old) {
  if (fresh.is_null()) return Errno(EINVAL);
  itimerspec wanted = TRY(task.memory().read(fresh));
  if (!valid(wanted.it_value) || !valid(wanted.it_interval)) return Errno(EINVAL);
  Timers::Start start =
      (flags & TIMER_ABSTIME) != 0 ? Timers::Start::kAbsolute : Timers::Start::kFromNow;
  TimerSetting before =
      TRY(task.cage().timers().set(number, start, {wanted.it_value, wanted.it_interval}));
  return task.memory().write_if(old, to_itimerspec(before));
}

Result<> sys_timer_gettime(Task& task, int32_t number, UserOut<itimerspec> setting) {
  return task.memory().write(setting, to_itimerspec(TRY(task.cage().timers().get(number))));
}

Result<int64_t> sys_timer_getoverrun(Task& task, int32_t number) {
  return int64_t{TRY(task.cage().timers().overrun(number))};
}

Result<> sys_timer_delete(Task& task, int32_t number) {
  return task.cage().timers().remove(number);
}

}  // namespace rawposix::syscall
