// SPDX-License-Identifier: Apache-2.0
// Futexes as tasks name them, and what becomes of those that a task holds at its end.
#pragma once

#include "cage/task.h"

namespace rawposix::cage {

// Private futexes belong to the address space; others to what is mapped there. EFAULT, EINVAL.
enum class FutexScope : uint8_t { kPrivate, kShared };
Result<sync::Futex> futex_at(Task& task, mm::GuestAddr address, FutexScope scope);

// Marks the locks on the task's robust list as their owner's being dead and wakes who waits for
// them (man 2 set_robust_list; kernel/futex/core.c, exit_robust_list()).
void release_robust_list(Task& task);

}  // namespace rawposix::cage
