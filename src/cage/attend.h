// SPDX-License-Identifier: Apache-2.0
// What a task does between leaving guest code and going back, when something happened to it: it
// ends, stops, waits while its cage is copied, or takes signals.
#pragma once

#include "cage/task.h"

namespace rawposix::cage {

// A system call that was cut short, and how it is to go on (sync/restart.h).
struct InterruptedCall {
  Errno how;
  uint64_t number;  // %rax when it was made
};

enum class Next : uint8_t {
  kGuest,  // the registers say where
  kAgain,  // the interrupted call is to be made again
  kEnd,    // the task is to end
};

// Call it when context.interrupts was set, and after a call that was interrupted; kAgain comes
// only then.
Next attend(Task& task, const InterruptedCall* call);

}  // namespace rawposix::cage
