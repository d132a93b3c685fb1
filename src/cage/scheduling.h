// SPDX-License-Identifier: Apache-2.0
// How a task is scheduled (man 7 sched): kept and shown, without effect. Thread-safe.
#pragma once

#include <atomic>

namespace rawposix::cage {

struct Scheduling {
  std::atomic<int> policy{0};
  std::atomic<int> nice{0};
  std::atomic<bool> reset_on_fork{false};  // SCHED_RESET_ON_FORK

  void copy(const Scheduling& other) {
    policy = other.policy.load();
    nice = other.nice.load();
    reset_on_fork = other.reset_on_fork.load();
  }
};

}  // namespace rawposix::cage
