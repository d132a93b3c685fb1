// SPDX-License-Identifier: Apache-2.0
// Threads of the host.
#pragma once

#include <sys/types.h>

#include <csignal>

#include "support/result.h"

namespace rawposix::host {

// The signal that pulls a thread out of guest code or a blocking call. Its handler is in
// sfi/fault.cc.
inline constexpr int kInterruptSignal = SIGURG;

pid_t current_thread();
void interrupt_thread(pid_t thread);
// CPU time that a thread of this process has used; 0 if there is none.
int64_t thread_cpu_time_ns(pid_t thread);
// What of it was spent outside of system calls, as Linux estimates it; 0 if that can't be found
// out.
int64_t thread_user_time_ns(pid_t thread);
// Has `signal` do to this process what it does by default; returns where that doesn't end it. For
// signal handlers, too.
void take_default_action(int signal);
// What Linux tells of a thread of this process, since it began. ESRCH if there is none, ENOSYS
// without /proc.
struct ThreadStatus {
  char state = 'S';  // as in /proc/PID/stat
  int64_t user_ns = 0;
  int64_t system_ns = 0;
  int64_t minor_faults = 0;
  int64_t major_faults = 0;
  int processor = 0;
};
Result<ThreadStatus> thread_status(pid_t thread);
struct ThreadSwitches {
  int64_t voluntary = 0;
  int64_t involuntary = 0;
};
Result<ThreadSwitches> thread_switches(pid_t thread);

// All threads of the process have passed a full memory barrier (membarrier(2)).
Result<> memory_barrier();

}  // namespace rawposix::host
