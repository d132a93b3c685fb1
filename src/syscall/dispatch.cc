// SPDX-License-Identifier: Apache-2.0
#include "syscall/dispatch.h"

#include "cage/attend.h"
#include "cage/fault.h"
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

// A call was cut short: what interrupted it is seen to, then it goes on or is over.
int64_t go_on(cage::Task& task, uint64_t number, int64_t outcome) {
  sfi::Registers& regs = task.context().regs;
  while (outcome == kInterrupted) {
    cage::InterruptedCall interrupted{Errno(static_cast<int>(-static_cast<int64_t>(regs.rax))),
                                      number};
    switch (cage::attend(task, &interrupted)) {
      case cage::Next::kEnd:
        return kLeft;
      case cage::Next::kGuest:
        task.restart_deadline.reset();
        return 0;
      case cage::Next::kAgain:
        if (task.context().debugger != nullptr) {
          // A debugger that interrupted it makes the call again itself, once the user goes on.
          regs.rax = static_cast<uint64_t>(-int64_t{EINTR});
          return 0;
        }
        regs.rax = number;
        outcome = call(task, number);
    }
  }
  task.restart_deadline.reset();
  return outcome;
}

int64_t observed_call(cage::Task& task) {
  uint64_t number = task.context().regs.rax;
  Observation observation(task, number);
  int64_t outcome = call(task, number);
  observation.finish(outcome);
  return go_on(task, number, outcome);
}

}  // namespace

int64_t on_system_call(sfi::Context* context) {
  cage::Task& task = *static_cast<cage::Task*>(context->owner);
  if (task.observed()) [[unlikely]] {
    return observed_call(task);
  }
  uint64_t number = context->regs.rax;
  int64_t outcome = call(task, number);
  if (outcome != 0) [[unlikely]] {
    return go_on(task, number, outcome);
  }
  return 0;
}

int64_t on_event(sfi::Context* context, sfi::Event event) {
  cage::Task& task = *static_cast<cage::Task*>(context->owner);
  if (event == sfi::Event::kFault) cage::signal_fault(task, context->fault);
  return cage::attend(task, nullptr) == cage::Next::kEnd ? kLeft : 0;
}

}  // namespace rawposix::syscall
