// SPDX-License-Identifier: Apache-2.0
// What `run --trace` and `run --stats` tell.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

#include "abi/signal.h"
#include "cage/exit_status.h"
#include "cage/task.h"

namespace rawposix::syscall {

// Watches one system call of an observed task.
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

// Lines of the trace about something else than a call, as strace(1) words them.
std::string line_of_signal(const abi::Siginfo& info);
std::string line_of_stop(int signal);
std::string line_of_end(const cage::ExitStatus& status);

}  // namespace rawposix::syscall
