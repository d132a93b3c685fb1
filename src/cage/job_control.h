// SPDX-License-Identifier: Apache-2.0
// What job control says when a task uses a terminal (drivers/tty/tty_jobctrl.c,
// tty_check_change()).
#pragma once

#include <cstdint>

#include "support/result.h"

namespace rawposix::cage {

class Task;

// kReading sends SIGTTIN to a group in the background, kChanging SIGTTOU.
enum class TerminalUse : uint8_t { kReading, kChanging };

// Nothing, if the task may go on. kRestart: its group was sent a signal. EIO: it reads in the
// background and can't be stopped for it, or nobody could continue its group.
Result<> check_terminal(Task& task, uint64_t device, TerminalUse use);

}  // namespace rawposix::cage
