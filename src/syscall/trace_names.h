// SPDX-License-Identifier: Apache-2.0
// Arguments that say more than their number: flags, commands, signals and the like have names, and
// some addresses lead to text.
#pragma once

#include <cstdint>
#include <string>

#include "cage/task.h"

namespace rawposix::syscall {

// Appends argument `index` of the call `number` that the task is making, as strace(1) would print
// it. False, and nothing is appended, if that argument isn't such a one.
bool print_named(std::string& out, const cage::Task& task, uint64_t number, unsigned index,
                 uint64_t value);

}  // namespace rawposix::syscall
