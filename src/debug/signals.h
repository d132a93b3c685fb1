// SPDX-License-Identifier: Apache-2.0
// gdb numbers signals its own way (include/gdb/signals.def of its source).
#pragma once

namespace rawposix::debug {

// 143 ("unknown") for what gdb has no number for.
int to_gdb_signal(int signal);
// 0 for what Linux has no number for.
int from_gdb_signal(int number);

}  // namespace rawposix::debug
