// SPDX-License-Identifier: Apache-2.0
#include "syscall/dispatch.h"

#include "cage/exit.h"
#include "cage/task.h"
#include "syscall/table.h"
#include "syscall/thunk.h"
#include "syscall/trace.h"

namespace rawposix::syscall {
namespace {

int64_t call(cage::Task& task, uint64_t number) {
  // Linux looks at the low 32 bits only (arch/x86/entry/common.c, do_syscall_x64).
  uint32_t index = static_cast<uint32_t>(number);
  SystemCall::Thunk thunk = index < kTableSize ? kThunks[index] : nullptr;
  if (thunk == nullptr) [[unlikely]] {
    task.context().regs.rax = static_cast<uint64_t>(-int64_t{ENOSYS});
    return 0;
  }
  return thunk(task);
}

}  // namespace

int64_t on_system_call(sfi::Context* context) {
  cage::Task& task = *static_cast<cage::Task*>(context->owner);
  uint64_t number = context->regs.rax;
  if (task.observed()) [[unlikely]] {
    Observation observation(task, number);
    int64_t outcome = call(task, number);
    observation.finish(outcome);
    return outcome;
  }
  return call(task, number);
}

int64_t on_event(sfi::Context* context, sfi::Event event) {
  cage::Task& task = *static_cast<cage::Task*>(context->owner);
  if (event == sfi::Event::kInterrupt) {
    context->interrupts.store(0, std::memory_order_release);
    return task.cage().exiting() ? kLeft : 0;
  }
  cage::exit_by_fault(task, context->fault);
  return kLeft;
}

}  // namespace rawposix::syscall
