// SPDX-License-Identifier: Apache-2.0
// Gets a program going in a cage.
#pragma once

#include <memory>

#include "cage/task.h"
#include "loader/image.h"
#include "loader/stack_builder.h"
#include "support/result.h"

namespace rawposix::cage {

// The cage's limits as far as its memory is concerned.
mm::MemoryLimits memory_limits(const Rlimits& limits);

// Hands changed limits to the address space.
void apply_memory_limits(Cage& cage);

// Loads `image` into the cage's empty address space and points the task at its entry. Fills in the
// ids, the random bytes and the stack limit of `start`. E2BIG and ENOMEM as execve(2).
Result<> start_program(Task& task, std::shared_ptr<const loader::Image> image,
                       loader::StartInfo start);

}  // namespace rawposix::cage
