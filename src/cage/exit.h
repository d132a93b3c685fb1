// SPDX-License-Identifier: Apache-2.0
// The ends of a cage.
#pragma once

#include "cage/task.h"

namespace rawposix::cage {

// exit_group(2): the status is the low byte of `code`.
void exit_group(Task& task, int code);

// A fault that nobody handles.
void exit_by_fault(Task& task, const sfi::Fault& fault);

}  // namespace rawposix::cage
