// SPDX-License-Identifier: Apache-2.0
// The ends of tasks and cages.
#pragma once

#include "cage/task.h"

namespace rawposix::cage {

// _exit(2) of one thread: the cage goes on as long as others are there.
void exit_task(Task& task, int code);

// exit_group(2): the status is the low byte of `code`.
void exit_group(Task& task, int code);

// A task that will run no more guest code leaves its cage. With the last one the cage ends: its
// files are closed and its parent is told.
void end_task(Task& task, const Usage& usage);

}  // namespace rawposix::cage
