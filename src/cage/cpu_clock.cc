// SPDX-License-Identifier: Apache-2.0
#include "cage/cpu_clock.h"

#include <algorithm>

#include "cage/task.h"
#include "host/clock.h"

namespace rawposix::cage {
namespace {

// include/linux/posix-timers.h: a negative clock number holds the complement of a task's number
// above three bits.
constexpr unsigned kThreadBit = 4;
constexpr unsigned kKindMask = 3;
enum Kind : unsigned { kProf, kVirtual, kSched };

// Nobody needs to know sooner: Linux looks at its timers of CPU time with each tick.
constexpr int64_t kFinest_ns = 1'000'000;

int64_t count(const Usage& usage, CpuClock::Counts counts) {
  return counts == CpuClock::Counts::kUser ? usage.user_ns : usage.user_ns + usage.system_ns;
}

}  // namespace

timespec CpuReading::until_look(int64_t due_ns) const {
  return host::to_timespec(std::max((due_ns - now_ns) / spenders, kFinest_ns));
}

CpuReading CpuClock::read(const Cage& cage) const {
  if (tid == 0) {
    const auto tasks = static_cast<int64_t>(cage.task_count());
    return {count(cage.usage(), counts), std::max<int64_t>(tasks, 1)};
  }
  const std::shared_ptr<Task> task = cage.find_task(tid);
  if (task == nullptr) return {};
  return {counts == Counts::kAll ? task->cpu_time_ns() : count(task->usage(), counts), 1};
}

bool is_cpu_clock(clockid_t number) {
  return number < 0 || number == CLOCK_PROCESS_CPUTIME_ID || number == CLOCK_THREAD_CPUTIME_ID;
}

Result<CpuClockOf> find_cpu_clock(Task& task, clockid_t number) {
  CpuClockOf found{task.cage().shared_from_this(), {}};
  if (number == CLOCK_PROCESS_CPUTIME_ID) return found;
  if (number == CLOCK_THREAD_CPUTIME_ID) {
    found.clock.tid = task.tid();
    return found;
  }
  const auto bits = static_cast<unsigned>(number);
  const unsigned kind = bits & kKindMask;
  const pid_t id = ~(number >> 3);
  // The fourth kind stands for a descriptor (of a hardware clock).
  if (number >= 0 || kind > kSched) return Errno(EINVAL);
  found.clock.counts = kind == kVirtual ? CpuClock::Counts::kUser : CpuClock::Counts::kAll;
  if ((bits & kThreadBit) != 0) {
    found.clock.tid = id == 0 ? task.tid() : id;
    // Only one's own threads have a clock of theirs.
    if (task.cage().find_task(found.clock.tid) == nullptr) return Errno(EINVAL);
  } else if (id != 0) {
    found.cage = task.world().tree().find(id);
    if (found.cage == nullptr) return Errno(EINVAL);
  }
  return found;
}

}  // namespace rawposix::cage
