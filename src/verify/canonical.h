// SPDX-License-Identifier: Apache-2.0
// Whether an instruction's encoding is the canonical one: nothing in its header is ignored by the
// processor or stands for an undocumented alias, so that every decoder reads it alike.
#pragma once

#include <cstdint>

#include "verify/decoder.h"
#include "verify/header.h"
#include "verify/rule.h"

namespace rawposix::verify {

// The answer is the rule that is broken, or kNone. `window` starts with the instruction.
Rule check_canonical(const Decoder& decoder, const uint8_t* window, const Header& header,
                     const Decoded& decoded);

}  // namespace rawposix::verify
