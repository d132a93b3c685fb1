// SPDX-License-Identifier: Apache-2.0
// Numbers in arguments that have names: flags, commands, signals and the like.
#pragma once

#include <cstdint>
#include <string>

namespace rawposix::syscall {

// Appends the name of argument `index` of call `number` (or names with '|' between them) as
// strace(1) would print it. False, and nothing is appended, if that argument isn't such a one.
bool print_named(std::string& out, uint64_t number, unsigned index, uint64_t value);

}  // namespace rawposix::syscall
