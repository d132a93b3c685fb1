// SPDX-License-Identifier: Apache-2.0
// Moves registers that were saved inside a guard sequence to a safe point (docs/sfi.md section 6).
#pragma once

#include <optional>

#include "sfi/context.h"

namespace rawposix::sfi {

// `regs` as saved from the processor with rip, rsp and r11 truncated to offsets. Afterwards rip is
// a safe point if it lies in the code region at all, and no register holds a host address.
// Async-signal-safe. `code` may be null: then nothing is known to be code.
void settle(Registers& regs, const CodeMap* code);

// The jump into the host of the system call that returns to `return_offset`, for making the call
// again: with that offset in %r11 and the number in %rax. Nothing if the code there is not what the
// rewriter makes.
std::optional<uint64_t> system_call_instruction(const CodeMap& code, uint64_t return_offset);

}  // namespace rawposix::sfi
