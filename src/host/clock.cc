// SPDX-License-Identifier: Apache-2.0
#include "host/clock.h"

namespace rawposix::host {

Result<timespec> now(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return Errno::last();
  return time;
}

Result<timespec> resolution(clockid_t clock) {
  timespec step{};
  if (clock_getres(clock, &step) != 0) return Errno::last();
  return step;
}

}  // namespace rawposix::host
