// SPDX-License-Identifier: Apache-2.0
#include "host/thread.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace rawposix::host {

pid_t current_thread() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

void interrupt_thread(pid_t thread) { ::syscall(SYS_tgkill, getpid(), thread, kInterruptSignal); }

int64_t thread_cpu_time_ns(pid_t thread) {
  // include/linux/posix-timers.h: CPUCLOCK_SCHED of one thread.
  constexpr unsigned kThreadClock = 4 | 2;
  auto clock = static_cast<clockid_t>(~static_cast<unsigned>(thread) << 3 | kThreadClock);
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return 0;
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

Result<> memory_barrier() {
  static const bool registered =
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  const int command = registered ? MEMBARRIER_CMD_PRIVATE_EXPEDITED : MEMBARRIER_CMD_GLOBAL;
  if (::syscall(SYS_membarrier, command, 0, 0) != 0) return Errno::last();
  return {};
}

}  // namespace rawposix::host
