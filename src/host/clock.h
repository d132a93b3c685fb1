// SPDX-License-Identifier: Apache-2.0
// The host's clocks. Reading the common ones often stays in user space (vDSO).
#pragma once

#include <cstdint>
#include <ctime>

#include "support/result.h"

namespace rawposix::host {

inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

// A time, or a duration, in nanoseconds. Good for 292 years either way; beyond, which a file's
// times can be, it wraps.
constexpr int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(static_cast<uint64_t>(time.tv_sec) * kNanosecondsPerSecond +
                              static_cast<uint64_t>(time.tv_nsec));
}

// Of a number that isn't negative.
constexpr timespec to_timespec(int64_t ns) {
  return {ns / kNanosecondsPerSecond, ns % kNanosecondsPerSecond};
}

Result<timespec> now(clockid_t clock);
Result<timespec> resolution(clockid_t clock);

}  // namespace rawposix::host
