// SPDX-License-Identifier: Apache-2.0
#include "cage/attend.h"

#include "sfi/settle.h"
#include "signal/frame.h"

namespace rawposix::cage {
namespace {

using signal::DefaultAction;

void wait_while_frozen(Task& task) {
  sync::WaitQueue::Entry entry(task.cage().thawed(), task.waiter());
  while (task.cage().frozen(task) && !task.cage().ends(task)) task.waiter().park_uninterrupted();
}

// What the interrupted call answers once the handler has run: EINTR, or it is made again. For that
// the frame leads back to the jump into the kernel, with the registers it had.
void settle_call(Task& task, const InterruptedCall& call, const signal::Action& action) {
  sfi::Registers& regs = task.context().regs;
  const bool again = call.how == sync::kRestartAlways ||
                     (call.how == sync::kRestart && (action.flags & SA_RESTART) != 0);
  std::optional<uint64_t> entry;
  if (again && task.context().code != nullptr) {
    entry = sfi::system_call_instruction(*task.context().code, regs.rip);
  }
  if (!entry) {
    regs.rax = static_cast<uint64_t>(-int64_t{EINTR});
    return;
  }
  regs.rax = call.number;
  regs.r11 = regs.rip;
  regs.rip = *entry;
}

void run_handler(Task& task, const Signals::Delivery& delivery) {
  Signals& signals = task.cage().signals();
  TaskSignals& own = task.signals();
  signal::FrameRequest request{.action = delivery.action,
                               .info = delivery.info,
                               .saved_mask = own.mask_to_restore.value_or(own.mask),
                               .fault = delivery.fault ? &*delivery.fault : nullptr};
  Result<> pushed = signal::push_frame(task.context(), task.memory(), own.alternate_stack, request);
  if (pushed.ok()) {
    signals.enter_handler(task, delivery.info.signal, delivery.action);
    return;
  }
  // No stack for the handler. If it was SIGSEGV's own, that has no handler any more.
  if (delivery.info.signal == SIGSEGV) signals.set_action(SIGSEGV, {});
  signals.force(task, signal::plain_info(SIGSEGV, SI_KERNEL), nullptr);
}

void end_by_signal(Task& task, const Signals::Delivery& delivery) {
  std::optional<Crash> crash;
  if (delivery.fault) {
    crash = Crash{delivery.info.signal, task.context().regs.rip, delivery.fault->address};
  }
  CoreDumper* dumper = task.world().core_dumper();
  const bool dumps = signal::default_action(delivery.info.signal) == DefaultAction::kCore;
  const bool dumped = dumps && dumper != nullptr && dumper->dump(task, delivery.info);
  task.cage().begin_exit(
      {.code = 0, .signal = static_cast<uint8_t>(delivery.info.signal), .dumped = dumped}, crash);
}

// A terminal's stop signals do nothing to a group that nobody could continue.
void stop(Task& task, const abi::Siginfo& info) {
  Cage& cage = task.cage();
  ProcessTree& tree = task.world().tree();
  if (info.signal != SIGSTOP) {
    Result<pid_t> group = tree.group(cage, 0);
    if (!group.ok() || tree.group_is_orphaned(group.value())) return;
  }
  if (Tracer* tracer = task.tracer()) tracer->stopped(task.tid(), info.signal);
  cage.signals().stop(info);
}

void take_default_action(Task& task, const Signals::Delivery& delivery) {
  switch (signal::default_action(delivery.info.signal)) {
    case DefaultAction::kIgnore:
      return;
    case DefaultAction::kStop:
      stop(task, delivery.info);
      return;
    case DefaultAction::kTerminate:
    case DefaultAction::kCore:
      end_by_signal(task, delivery);
      return;
  }
}

}  // namespace

Next attend(Task& task, const InterruptedCall* call) {
  Cage& cage = task.cage();
  Signals& signals = cage.signals();
  bool handled = false;
  while (true) {
    // Cleared before the look at what there is: what comes later sets them again.
    task.waiter().clear_interrupt();
    task.context().interrupts.store(0, std::memory_order_seq_cst);
    if (cage.ends(task)) return Next::kEnd;
    task.world().relay().pass_on();
    if (cage.frozen(task)) {
      wait_while_frozen(task);
      continue;
    }
    if (signals.stopped() || task.signals().stopped) {
      signals.stay_stopped(task);
      continue;
    }
    std::optional<Signals::Delivery> delivery = signals.take(task);
    if (!delivery) break;
    if (Tracer* tracer = task.tracer()) tracer->signal(task.tid(), delivery->info);
    if (!signal::has_handler(delivery->action)) {
      take_default_action(task, *delivery);
      continue;
    }
    if (call != nullptr && !handled) settle_call(task, *call, delivery->action);
    handled = true;
    run_handler(task, *delivery);
  }
  if (handled) return Next::kGuest;
  signals.restore_mask(task);
  return call != nullptr ? Next::kAgain : Next::kGuest;
}

}  // namespace rawposix::cage
