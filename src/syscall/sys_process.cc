// SPDX-License-Identifier: Apache-2.0
// exit(2), exit_group(2), arch_prctl(2), set_tid_address(2)
#include <asm/prctl.h>

#include "cage/exit.h"
#include "sfi/layout.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {

Leave sys_exit(Task& task, int32_t status) {
  cage::exit_task(task, status);
  return {};
}

Leave sys_exit_group(Task& task, int32_t status) {
  cage::exit_group(task, status);
  return {};
}

Result<> sys_arch_prctl(Task& task, uint32_t option, GuestAddr address) {
  switch (option) {
    case ARCH_SET_FS:
      // Guest code reads it as an offset (docs/sfi.md); Linux refuses addresses above TASK_SIZE.
      if (address.value >= sfi::kSlotSize) return Errno(EPERM);
      task.context().thread_pointer = address.value;
      return {};
    case ARCH_GET_FS:
      return task.memory().write(UserOut<uint64_t>(address), task.context().thread_pointer);
    default:
      return Errno(EINVAL);
  }
}

Result<int64_t> sys_set_tid_address(Task& task, GuestAddr address) {
  task.clear_child_tid = address.value;
  return task.tid();
}

}  // namespace rawposix::syscall
