// SPDX-License-Identifier: Apache-2.0
// The kernel's side of a system call: sfi calls this on the task's host stack.
#pragma once

#include "sfi/context.h"

namespace rawposix::syscall {

// Callbacks for sfi::Context; context->owner is the Task.
int64_t on_system_call(sfi::Context* context);
int64_t on_event(sfi::Context* context, sfi::Event event);

}  // namespace rawposix::syscall
