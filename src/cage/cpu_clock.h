// SPDX-License-Identifier: Apache-2.0
// Clocks that count the CPU time of a cage or one of its tasks (kernel/time/posix-cpu-timers.c).
// Nothing tells when such a clock reaches a point; whoever waits for one looks again when that can
// be the case at the earliest.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <memory>

#include "support/result.h"

namespace rawposix::cage {

class Cage;
class Task;

struct CpuReading {
  int64_t now_ns = 0;
  // How many tasks may be spending it.
  int64_t spenders = 1;

  // How long to wait, at most, before another look, if the clock is to show `due_ns`.
  timespec until_look(int64_t due_ns) const;
};

struct CpuClock {
  // All of it, or what was spent outside of system calls.
  enum class Counts : uint8_t { kAll, kUser };
  Counts counts = Counts::kAll;
  // The task; 0: all of the cage's.
  pid_t tid = 0;

  // A task that has ended has spent nothing. Lock order: kCage.
  CpuReading read(const Cage& cage) const;
};

// A clock and whose it is. Clock numbers as clock_gettime(2) takes them, those of
// clock_getcpuclockid(3) included. EINVAL: not one of CPU time, or nobody's.
struct CpuClockOf {
  std::shared_ptr<Cage> cage;
  CpuClock clock;
};
Result<CpuClockOf> find_cpu_clock(Task& task, clockid_t number);
bool is_cpu_clock(clockid_t number);

}  // namespace rawposix::cage
