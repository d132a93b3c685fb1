// SPDX-License-Identifier: Apache-2.0
// The host's clocks. Reading the common ones stays in user space (vDSO).
#pragma once

#include <ctime>

#include "support/result.h"

namespace rawposix::host {

Result<timespec> now(clockid_t clock);
Result<timespec> resolution(clockid_t clock);

// Sleeps as clock_nanosleep(2). EINTR when a host signal came; then `left` tells how much of a
// relative sleep remains.
Result<> sleep(clockid_t clock, int flags, const timespec& request, timespec& left);

}  // namespace rawposix::host
