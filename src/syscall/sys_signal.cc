// SPDX-License-Identifier: Apache-2.0
// rt_sigaction(2) and its kin
#include <csignal>

#include "signal/frame.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

using signal::is_signal;
using signal::SignalSet;

// Flags that the kernel keeps (asm-generic/signal-defs.h, UAPI_SA_FLAGS).
constexpr uint64_t kActionFlags = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK |
                                  SA_RESTART | SA_NODEFER | SA_RESETHAND | signal::kHasRestorer |
                                  0x800;  // SA_EXPOSE_TAGBITS

Result<> check_size(uint64_t size) {
  if (size != sizeof(abi::Sigset)) return Errno(EINVAL);
  return {};
}

Result<sync::Deadline> deadline_after(Task& task, UserIn<timespec> timeout) {
  if (timeout.is_null()) return sync::Deadline();
  timespec time = TRY(task.memory().read(timeout));
  if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= sync::kNanosecondsPerSecond) {
    return Errno(EINVAL);
  }
  return sync::Deadline::after(time);
}

}  // namespace

Result<> sys_rt_sigaction(Task& task, int32_t number, UserIn<abi::Sigaction> fresh,
                          UserOut<abi::Sigaction> old, uint64_t size) {
  TRY(check_size(size));
  abi::Sigaction action{};
  if (!fresh.is_null()) action = TRY(task.memory().read(fresh));
  if (!is_signal(number)) return Errno(EINVAL);
  cage::Signals& signals = task.cage().signals();
  if (fresh.is_null()) return task.memory().write_if(old, signals.actions()->get(number));
  if (signal::kUnblockable.has(number)) return Errno(EINVAL);
  action.flags &= kActionFlags;
  action.mask = (SignalSet::from_raw(action.mask) & ~signal::kUnblockable).raw();
  return task.memory().write_if(old, signals.set_action(number, action));
}

Result<> sys_rt_sigprocmask(Task& task, int32_t how, UserIn<abi::Sigset> fresh,
                            UserOut<abi::Sigset> old, uint64_t size) {
  TRY(check_size(size));
  SignalSet before = task.signals().mask;
  if (!fresh.is_null()) {
    SignalSet given = SignalSet::from_raw(TRY(task.memory().read(fresh)));
    switch (how) {
      case SIG_BLOCK:
        task.cage().signals().set_mask(task, before | given);
        break;
      case SIG_UNBLOCK:
        task.cage().signals().set_mask(task, before & ~given);
        break;
      case SIG_SETMASK:
        task.cage().signals().set_mask(task, given);
        break;
      default:
        return Errno(EINVAL);
    }
  }
  return task.memory().write_if(old, before.raw());
}

Result<Replaced> sys_rt_sigreturn(Task& task) {
  Result<SignalSet> mask =
      signal::pop_frame(task.context(), task.memory(), task.signals().alternate_stack);
  if (mask.ok()) {
    task.cage().signals().set_mask(task, mask.value());
  } else {
    task.cage().signals().force(task, signal::plain_info(SIGSEGV, SI_KERNEL), nullptr);
  }
  return Replaced();
}

Result<> sys_rt_sigpending(Task& task, UserOut<abi::Sigset> pending, uint64_t size) {
  if (size > sizeof(abi::Sigset)) return Errno(EINVAL);
  uint64_t set = task.cage().signals().pending(task).raw();
  return task.memory().copy_out(pending.addr(), &set, size);
}

Result<int64_t> sys_rt_sigtimedwait(Task& task, UserIn<abi::Sigset> wanted,
                                    UserOut<abi::Siginfo> info, UserIn<timespec> timeout,
                                    uint64_t size) {
  TRY(check_size(size));
  SignalSet set = SignalSet::from_raw(TRY(task.memory().read(wanted)));
  sync::Deadline deadline = TRY(deadline_after(task, timeout));
  abi::Siginfo taken = TRY(task.cage().signals().wait(task, set, deadline));
  TRY(task.memory().write_if(info, taken));
  return int64_t{taken.signal};
}

Result<> sys_rt_sigsuspend(Task& task, UserIn<abi::Sigset> mask, uint64_t size) {
  TRY(check_size(size));
  SignalSet given = SignalSet::from_raw(TRY(task.memory().read(mask)));
  task.cage().signals().set_temporary_mask(task, given);
  while (task.waiter().park().ok()) {
  }
  return sync::kRestartUnlessHandled;
}

Result<> sys_pause(Task& task) {
  while (task.waiter().park().ok()) {
  }
  return sync::kRestartUnlessHandled;
}

Result<> sys_sigaltstack(Task& task, UserIn<abi::SignalStack> fresh,
                         UserOut<abi::SignalStack> old) {
  signal::AlternateStack& stack = task.signals().alternate_stack;
  const uint64_t rsp = task.context().regs.rsp;
  abi::SignalStack before = stack.show(rsp);
  if (!fresh.is_null()) {
    abi::SignalStack wanted = TRY(task.memory().read(fresh));
    TRY(stack.set(wanted, rsp));
  }
  return task.memory().write_if(old, before);
}

}  // namespace rawposix::syscall
