// SPDX-License-Identifier: Apache-2.0
// Moves registers that were saved inside a guard sequence to a safe point (docs/sfi.md section 6).
#pragma once

#include "sfi/context.h"

namespace rawposix::sfi {

// `regs` as saved from the processor with rip, rsp and r11 truncated to offsets. Afterwards rip is
// a safe point if it lies in the code region at all, and no register holds a host address.
// Async-signal-safe. `code` may be null: then nothing is known to be code.
void settle(Registers& regs, const CodeMap* code);

}  // namespace rawposix::sfi
