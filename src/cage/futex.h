// SPDX-License-Identifier: Apache-2.0
// Futexes as tasks name them, and what becomes of those that a task holds at its end.
#pragma once

#include "cage/task.h"

namespace rawposix::cage {

// Private futexes belong to the address space; others to what is mapped there. EFAULT, EINVAL.
enum class FutexScope : uint8_t { kPrivate, kShared };
Result<sync::Futex> futex_at(Task& task, mm::GuestAddr address, FutexScope scope);

// The task ends or executes another program (kernel/fork.c, mm_release()): gives up its locks of
// priority inheritance and those on its robust list, marked as having lost their owner, and tells
// those with whom it shares the memory by set_tid_address(2)'s word.
void release_memory(Task& task);

}  // namespace rawposix::cage
