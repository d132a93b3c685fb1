// SPDX-License-Identifier: Apache-2.0
// A point in time at which waiting ends, on a clock that can be slept on.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>

#include "host/clock.h"

namespace rawposix::sync {

using host::kNanosecondsPerSecond;

class Deadline {
 public:
  // Never.
  Deadline() = default;
  // `clock` is CLOCK_MONOTONIC or CLOCK_REALTIME, which others can be turned into.
  static Deadline at(clockid_t clock, const timespec& time) {
    Deadline deadline;
    deadline.clock_ = clock;
    deadline.time_ = time;
    return deadline;
  }
  // From now on, by CLOCK_MONOTONIC. Saturates.
  static Deadline after(const timespec& delay) {
    timespec now = host::now(CLOCK_MONOTONIC).value_or(timespec{});
    timespec time{};
    if (__builtin_add_overflow(now.tv_sec, delay.tv_sec, &time.tv_sec)) return {};
    time.tv_nsec = now.tv_nsec + delay.tv_nsec;
    if (time.tv_nsec >= kNanosecondsPerSecond) {
      if (__builtin_add_overflow(time.tv_sec, 1, &time.tv_sec)) return {};
      time.tv_nsec -= kNanosecondsPerSecond;
    }
    return at(CLOCK_MONOTONIC, time);
  }

  bool is_set() const { return time_.has_value(); }
  clockid_t clock() const { return clock_; }
  const timespec& time() const { return *time_; }
  // What is left of it, 0 if it has passed. Only if it is set.
  timespec left() const {
    timespec now = host::now(clock_).value_or(timespec{});
    timespec left{time_->tv_sec - now.tv_sec, time_->tv_nsec - now.tv_nsec};
    if (left.tv_nsec < 0) left = {left.tv_sec - 1, left.tv_nsec + kNanosecondsPerSecond};
    return left.tv_sec < 0 ? timespec{} : left;
  }

 private:
  clockid_t clock_ = CLOCK_MONOTONIC;
  std::optional<timespec> time_;
};

}  // namespace rawposix::sync
