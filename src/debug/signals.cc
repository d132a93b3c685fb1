// SPDX-License-Identifier: Apache-2.0
#include "debug/signals.h"

#include <csignal>
#include <cstdint>
#include <iterator>

namespace rawposix::debug {
namespace {

constexpr int kUnknown = 143;
constexpr int kFirstRealtime = 33;  // Linux's, but its 32 and 64 are elsewhere with gdb
constexpr int kGdbFirstRealtime = 45;
constexpr int kLastPlainRealtime = 63;

// The position is gdb's number.
constexpr uint8_t kSignals[] = {
    0,       SIGHUP,   SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, 0,       SIGFPE,
    SIGKILL, SIGBUS,   SIGSEGV, SIGSYS,  SIGPIPE, SIGALRM, SIGTERM, SIGURG,  SIGSTOP,
    SIGTSTP, SIGCONT,  SIGCHLD, SIGTTIN, SIGTTOU, SIGIO,   SIGXCPU, SIGXFSZ, SIGVTALRM,
    SIGPROF, SIGWINCH, 0,       SIGUSR1, SIGUSR2, SIGPWR,
};
static_assert(kSignals[30] == SIGUSR1 && kSignals[32] == SIGPWR);

}  // namespace

int to_gdb_signal(int signal) {
  if (signal >= kFirstRealtime && signal <= kLastPlainRealtime) {
    return signal - kFirstRealtime + kGdbFirstRealtime;
  }
  for (size_t number = 1; number < std::size(kSignals); number++) {
    if (kSignals[number] == signal) return static_cast<int>(number);
  }
  return kUnknown;
}

int from_gdb_signal(int number) {
  if (number >= kGdbFirstRealtime &&
      number - kGdbFirstRealtime <= kLastPlainRealtime - kFirstRealtime) {
    return number - kGdbFirstRealtime + kFirstRealtime;
  }
  if (number < 0 || number >= static_cast<int>(std::size(kSignals))) return 0;
  return kSignals[number];
}

}  // namespace rawposix::debug
