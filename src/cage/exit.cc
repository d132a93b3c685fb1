// SPDX-License-Identifier: Apache-2.0
#include "cage/exit.h"

namespace rawposix::cage {

void exit_group(Task& task, int code) {
  task.cage().begin_exit({.code = static_cast<uint8_t>(code), .signal = 0});
}

void exit_by_fault(Task& task, const sfi::Fault& fault) {
  Crash crash{fault.signal, task.context().regs.rip, fault.address};
  task.cage().begin_exit({.code = 0, .signal = static_cast<uint8_t>(fault.signal)}, crash);
}

}  // namespace rawposix::cage
