// SPDX-License-Identifier: Apache-2.0
// What the first program of a world and those that exec() starts have in common.
#pragma once

#include <memory>
#include <string>

#include "cage/task.h"
#include "loader/load.h"
#include "support/result.h"

namespace rawposix::cage {

// The cage's limits as far as its memory is concerned.
mm::MemoryLimits memory_limits(const Rlimits& limits);

// Hands changed limits to the address space.
void apply_memory_limits(Cage& cage);

// The name that ps shows for a program's path.
std::string short_name(const std::string& path);

// Loads `image` into an empty address space for the cage. Fills in the ids, the random bytes and
// the stack limit of `start`. E2BIG and ENOMEM as execve(2).
Result<loader::EntryPoint> load_program(const Cage& cage, const Credentials& credentials,
                                        mm::AddressSpace& memory, const loader::Image& image,
                                        loader::StartInfo start);

// Points the task at the start of a program that is loaded in its memory.
void enter_program(Task& task, const loader::Image& image, const loader::EntryPoint& entry);

}  // namespace rawposix::cage
