// SPDX-License-Identifier: Apache-2.0
// Watches one system call of an observed task: for `run --trace` and `run --stats`.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

#include "cage/task.h"

namespace rawposix::syscall {

class Observation {
 public:
  // Before the call: the arguments are printed now, since the call may overwrite them.
  Observation(cage::Task& task, uint64_t number);
  // After it; `outcome` is the thunk's.
  void finish(int64_t outcome);

 private:
  cage::Task& task_;
  timespec start_{};
  std::string text_;
};

}  // namespace rawposix::syscall
