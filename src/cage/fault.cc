// SPDX-License-Identifier: Apache-2.0
#include "cage/fault.h"

#include <csignal>

namespace rawposix::cage {

namespace {

// What a cage has not mapped is reserved on the host, for which Linux reports SEGV_ACCERR.
int code_for_guest(Task& task, const sfi::Fault& fault) {
  if (fault.signal != SIGSEGV || fault.code != SEGV_ACCERR) return fault.code;
  return task.cage().address_space().is_mapped(fault.address) ? SEGV_ACCERR : SEGV_MAPERR;
}

}  // namespace

void signal_fault(Task& task, const sfi::Fault& fault) {
  abi::Siginfo info = signal::fault_info(fault.signal, code_for_guest(task, fault), fault.address);
  task.cage().signals().force(task, info, &fault);
}

}  // namespace rawposix::cage
