// SPDX-License-Identifier: Apache-2.0
// Where the heads of small loops should lie. Processors decode and cache code in lines of 64 bytes,
// and a tight loop that lies in two of them can take 1.6 times as long (Zen 4, a loop of eight
// instructions); GCC's alignment by 16 leaves it to chance, and longer instructions shift it anew.
#pragma once

#include <cstddef>
#include <vector>

#include "rewrite/statement.h"

namespace rawposix::rewrite {

// The power of two that the label at `position` should be aligned to, or 0 for no wish: it must be
// a label that the compiler aligned as a loop's head, with a short body that branches back to it.
int loop_alignment(const std::vector<Statement>& statements, size_t position);

}  // namespace rawposix::rewrite
