// SPDX-License-Identifier: Apache-2.0
#include "host/clock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace rawposix::host {
namespace {

// To find the vDSO's function and to touch its pages takes as long as a hundred calls, too long for
// a process that soon ends.
bool worth_the_vdso() {
  constexpr unsigned kFew = 16;
  static std::atomic<unsigned> calls{0};
  return calls.load(std::memory_order_relaxed) >= kFew ||
         calls.fetch_add(1, std::memory_order_relaxed) >= kFew;
}

}  // namespace

Result<timespec> now(clockid_t clock) {
  timespec time{};
  const long outcome =
      worth_the_vdso() ? clock_gettime(clock, &time) : ::syscall(SYS_clock_gettime, clock, &time);
  if (outcome != 0) return Errno::last();
  return time;
}

Result<timespec> resolution(clockid_t clock) {
  timespec step{};
  if (clock_getres(clock, &step) != 0) return Errno::last();
  return step;
}

}  // namespace rawposix::host
