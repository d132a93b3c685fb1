// SPDX-License-Identifier: Apache-2.0
// getrusage(2), times(2), sched_yield(2)
#include <sched.h>
#include <sys/times.h>

#include "host/clock.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

constexpr int64_t kNanosecondsPerTick = 10'000'000;  // USER_HZ

}  // namespace

Result<> sys_getrusage(Task& task, int32_t who, UserOut<abi::Rusage> usage) {
  switch (who) {
    case RUSAGE_SELF:
      return task.memory().write(usage, task.cage().usage().to_rusage());
    case RUSAGE_CHILDREN:
      return task.memory().write(usage,
                                 task.world().tree().children_usage(task.cage()).to_rusage());
    case RUSAGE_THREAD:
      return task.memory().write(usage, task.usage().to_rusage());
    default:
      return Errno(EINVAL);
  }
}

Result<int64_t> sys_times(Task& task, GuestAddr times) {
  if (!times.is_null()) {
    const cage::Usage own = task.cage().usage();
    const cage::Usage children = task.world().tree().children_usage(task.cage());
    const int64_t ticks[] = {own.user_ns / kNanosecondsPerTick, own.system_ns / kNanosecondsPerTick,
                             children.user_ns / kNanosecondsPerTick,
                             children.system_ns / kNanosecondsPerTick};
    static_assert(sizeof ticks == sizeof(tms));
    TRY(task.memory().copy_out(times, ticks, sizeof ticks));
  }
  timespec now = TRY(host::now(CLOCK_BOOTTIME));
  return int64_t{now.tv_sec} * 100 + now.tv_nsec / kNanosecondsPerTick;
}

Result<> sys_sched_yield(Task&) {
  ::sched_yield();
  return {};
}

}  // namespace rawposix::syscall
