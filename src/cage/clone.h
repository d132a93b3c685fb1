// SPDX-License-Identifier: Apache-2.0
// New cages and tasks: fork(2), vfork(2), clone(2).
#pragma once

#include "cage/task.h"

namespace rawposix::cage {

struct CloneRequest {
  uint64_t flags = 0;  // CLONE_*, without the exit signal
  int exit_signal = 0;
  uint64_t stack = 0;  // the new %rsp; 0: the caller's
  uint64_t thread_pointer = 0;
  mm::UserOut<int32_t> parent_tid{mm::GuestAddr{}};
  mm::UserOut<int32_t> child_tid{mm::GuestAddr{}};
  mm::UserOut<int32_t> pidfd{mm::GuestAddr{}};
};

// The child's number. It starts where the caller's system call returns, with 0. EINVAL, EAGAIN,
// ENOMEM as clone(2).
Result<pid_t> clone(Task& task, const CloneRequest& request);

}  // namespace rawposix::cage
