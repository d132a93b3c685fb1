// SPDX-License-Identifier: Apache-2.0
// Calls on terminals: job control, and the requests of ioctl(2) about sessions (sys_tty.cc).
#pragma once

#include <cstdint>
#include <optional>

#include "syscall/files.h"

namespace rawposix::syscall {

// Before data is moved. kRestart: a signal comes first; EIO.
Result<> check_terminal_read(Task& task, fs::File& file);
Result<> check_terminal_write(Task& task, fs::File& file);

// After open(2): the terminal may become the session's. ENXIO: it is /dev/tty, and the session has
// no terminal.
Result<> terminal_opened(Task& task, fs::File& file, uint32_t flags);

// What ioctl(2) answers; nothing if the request is for the terminal's driver.
Result<std::optional<int64_t>> control_terminal(Task& task, fs::File& file, uint32_t request,
                                                uint64_t argument);

}  // namespace rawposix::syscall
