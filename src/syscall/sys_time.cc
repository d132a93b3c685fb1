// SPDX-License-Identifier: Apache-2.0
// clock_gettime(2), clock_settime(2), nanosleep(2) and kin
#include <cerrno>

#include "cage/cpu_clock.h"
#include "host/clock.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

bool is_passive_clock(int32_t clock) {
  return clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE ||
         clock == CLOCK_MONOTONIC_COARSE;
}

// Clocks that mean the same to a cage as to the host.
Result<clockid_t> host_clock(int32_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
    case CLOCK_TAI:
      return clock;
    default:
      return Errno(EINVAL);
  }
}

Result<timespec> read_clock(Task& task, int32_t clock) {
  if (!cage::is_cpu_clock(clock)) return host::now(TRY(host_clock(clock)));
  const cage::CpuClockOf found = TRY(cage::find_cpu_clock(task, clock));
  return host::to_timespec(std::max<int64_t>(found.clock.read(*found.cage).now_ns, 0));
}

bool valid(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < host::kNanosecondsPerSecond;
}

// What the kernel lets the clock be set to: 30 years below the last second that fits nanoseconds.
bool settable(const timespec& time) {
  constexpr int64_t kLastSecond = INT64_MAX / host::kNanosecondsPerSecond - 30ll * 365 * 24 * 3600;
  return valid(time) && time.tv_sec < kLastSecond;
}

// Waiting on a clock that can't be slept on means: for as long as it lacks by the one that can.
Result<sync::Deadline> deadline_on(clockid_t clock, int32_t flags, const timespec& time) {
  if ((flags & TIMER_ABSTIME) == 0) return sync::Deadline::after(time);
  if (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) return sync::Deadline::at(clock, time);
  timespec now = TRY(host::now(clock));
  timespec left{time.tv_sec - now.tv_sec, time.tv_nsec - now.tv_nsec};
  if (left.tv_nsec < 0) left = {left.tv_sec - 1, left.tv_nsec + sync::kNanosecondsPerSecond};
  return sync::Deadline::after(left.tv_sec < 0 ? timespec{} : left);
}

Result<> sleep(Task& task, clockid_t clock, int32_t flags, UserIn<timespec> request,
               UserOut<timespec> remaining) {
  timespec wanted = TRY(task.memory().read(request));
  if (!valid(wanted)) return Errno(EINVAL);
  sync::Deadline deadline = TRY(deadline_on(clock, flags, wanted));
  if (task.restart_deadline) deadline = *task.restart_deadline;
  while (true) {
    Result<> slept = task.waiter().park(deadline);
    if (slept.ok()) continue;
    if (slept.error() == Errno(ETIMEDOUT)) return {};
    if ((flags & TIMER_ABSTIME) != 0) return sync::kRestartUnlessHandled;
    TRY(task.memory().write_if(remaining, deadline.left()));
    task.restart_deadline = deadline;
    return sync::kRestartWithDeadline;
  }
}

// Whether `time` is on the clock from now, or absolute; until it is there.
Result<> sleep_on_cpu_clock(Task& task, int32_t number, int32_t flags, UserIn<timespec> request,
                            UserOut<timespec> remaining) {
  timespec wanted = TRY(task.memory().read(request));
  if (!valid(wanted)) return Errno(EINVAL);
  const cage::CpuClockOf found = TRY(cage::find_cpu_clock(task, number));
  // One's own time stands still while one sleeps.
  if (found.clock.tid == task.tid()) return Errno(EINVAL);
  cage::CpuReading reading = found.clock.read(*found.cage);
  const bool absolute = (flags & TIMER_ABSTIME) != 0;
  const int64_t due = host::nanoseconds(wanted) + (absolute ? 0 : reading.now_ns);
  while (reading.now_ns < due) {
    const Result<> slept = task.waiter().park(sync::Deadline::after(reading.until_look(due)));
    reading = found.clock.read(*found.cage);
    if (slept.ok() || slept.error() == Errno(ETIMEDOUT)) continue;
    if (absolute) return sync::kRestartUnlessHandled;
    const int64_t left = std::max<int64_t>(due - reading.now_ns, 0);
    TRY(task.memory().write_if(remaining, host::to_timespec(left)));
    return Errno(EINTR);
  }
  return {};
}

}  // namespace

Result<int64_t> sys_time(Task& task, UserOut<int64_t> seconds) {
  int64_t now = TRY(host::now(CLOCK_REALTIME_COARSE)).tv_sec;
  TRY(task.memory().write_if(seconds, now));
  return now;
}

Result<> sys_gettimeofday(Task& task, UserOut<timeval> now, UserOut<struct timezone> zone) {
  timespec time = TRY(host::now(CLOCK_REALTIME));
  TRY(task.memory().write_if(now, timeval{time.tv_sec, time.tv_nsec / 1000}));
  return task.memory().write_if(zone, {0, 0});
}

Result<> sys_clock_gettime(Task& task, int32_t clock, UserOut<timespec> now) {
  timespec time = TRY(read_clock(task, clock));
  return task.memory().write(now, time);
}

Result<> sys_clock_getres(Task& task, int32_t clock, UserOut<timespec> resolution) {
  clockid_t same = clock;
  if (cage::is_cpu_clock(clock)) {
    TRY(cage::find_cpu_clock(task, clock));
    // Of one's own, which is no other than that of others.
    if (clock < 0) same = clock | ~0 << 3;
  } else {
    same = TRY(host_clock(clock));
  }
  timespec step = TRY(host::resolution(same));
  return task.memory().write_if(resolution, step);
}

// Setting a clock answers as for a process without CAP_SYS_TIME, which no cage has.
Result<> sys_clock_settime(Task& task, int32_t clock, UserIn<timespec> time) {
  if (clock > CLOCK_REALTIME) return Errno(EINVAL);
  const timespec wanted = TRY(task.memory().read(time));
  if (clock < 0) {
    TRY(cage::find_cpu_clock(task, clock));
  } else if (!settable(wanted)) {
    return Errno(EINVAL);
  }
  return Errno(EPERM);
}

Result<> sys_settimeofday(Task& task, UserIn<timeval> time, UserIn<struct timezone> zone) {
  timespec wanted{};
  if (!time.is_null()) {
    const timeval given = TRY(task.memory().read(time));
    // One more than there are, as Linux has it.
    if (given.tv_usec < 0 || given.tv_usec > 1'000'000) return Errno(EINVAL);
    wanted = {given.tv_sec, given.tv_usec * 1000};
  }
  if (!zone.is_null()) TRY(task.memory().read(zone));
  return Errno(settable(wanted) ? EPERM : EINVAL);
}

Result<> sys_nanosleep(Task& task, UserIn<timespec> request, UserOut<timespec> remaining) {
  return sleep(task, CLOCK_MONOTONIC, 0, request, remaining);
}

Result<> sys_clock_nanosleep(Task& task, int32_t clock, int32_t flags, UserIn<timespec> request,
                             UserOut<timespec> remaining) {
  if (clock == CLOCK_THREAD_CPUTIME_ID) return Errno(EOPNOTSUPP);
  if (cage::is_cpu_clock(clock)) return sleep_on_cpu_clock(task, clock, flags, request, remaining);
  clockid_t host = TRY(host_clock(clock));
  // What only tells the time (kernel/time/posix-timers.c).
  if (is_passive_clock(clock)) return Errno(EOPNOTSUPP);
  return sleep(task, host, flags, request, remaining);
}

}  // namespace rawposix::syscall
