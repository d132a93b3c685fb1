// SPDX-License-Identifier: Apache-2.0
// Faults of guest code.
#pragma once

#include "cage/task.h"

namespace rawposix::cage {

// The fault becomes its signal, which the task gets before it goes on.
void signal_fault(Task& task, const sfi::Fault& fault);

}  // namespace rawposix::cage
