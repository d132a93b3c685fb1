// SPDX-License-Identifier: Apache-2.0
// Judges the operands of an instruction, hidden ones included (docs/sfi.md sections 3.2 and 3.3).
#pragma once

#include <cstdint>

#include "verify/decoder.h"
#include "verify/header.h"
#include "verify/rule.h"

namespace rawposix::verify {

// The answer is the rule that is broken, or kNone; `traits` gets what remains to be checked.
Rule check_operands(const Header& header, const Decoded& decoded, uint16_t& traits);

}  // namespace rawposix::verify
