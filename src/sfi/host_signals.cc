// SPDX-License-Identifier: Apache-2.0
#include "sfi/host_signals.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>

#include "host/thread.h"
#include "sfi/fault.h"
#include "support/check.h"

namespace rawposix::sfi {
namespace {

// Those that people and programs end, stop or continue a process with, and a terminal's change of
// size. Only they are let through if they have no handler: to ask about each takes a system call.
// Among the rest are two of the C library's own (32 and 33, for pthread_cancel() and setuid()),
// whose handlers come late and use no signal stack.
constexpr int kUserSignals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
                                SIGTERM, SIGTSTP, SIGCONT, SIGXCPU, SIGWINCH};

constexpr uint64_t bit(int signal) { return uint64_t{1} << (signal - 1); }

constexpr uint64_t bits_of_ours() {
  uint64_t bits = bit(host::kInterruptSignal);
  for (int signal : kFaultSignals) bits |= bit(signal);
  return bits;
}
constexpr uint64_t kOurs = bits_of_ours();

// As the kernel has it; the C library's functions leave out signals of its own.
struct KernelAction {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  uint64_t mask;
};

uint64_t change_mask(int how, uint64_t mask) {
  uint64_t previous = 0;
  CHECK(syscall(SYS_rt_sigprocmask, how, &mask, &previous, sizeof mask) == 0);
  return previous;
}

// Also one on the signal stack must not be interrupted by ours, which would find no guest there.
bool may_interrupt_guests(const KernelAction& action) {
  const bool has_handler = action.handler > 1;  // SIG_DFL, SIG_IGN
  return !has_handler || ((action.flags & SA_ONSTACK) != 0 && (~action.mask & kOurs) == 0);
}

uint64_t signals_to_hold() {
  uint64_t held = ~kOurs;
  for (int signal : kUserSignals) {
    KernelAction action{};
    if (syscall(SYS_rt_sigaction, signal, nullptr, &action, sizeof action.mask) != 0) continue;
    if (may_interrupt_guests(action)) held &= ~bit(signal);
  }
  return held;
}

thread_local bool t_holds = false;

}  // namespace

HeldSignals::HeldSignals() : outermost_(!t_holds) {
  if (!outermost_) return;
  t_holds = true;
  previous_ = change_mask(SIG_BLOCK, signals_to_hold());
  // A fault whose signal is blocked ends the process, whatever the handler.
  change_mask(SIG_UNBLOCK, kOurs);
}

HeldSignals::~HeldSignals() {
  if (!outermost_) return;
  t_holds = false;
  change_mask(SIG_SETMASK, previous_);
}

}  // namespace rawposix::sfi
