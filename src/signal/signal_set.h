// SPDX-License-Identifier: Apache-2.0
// Sets of signals, and what Linux does with a signal that nobody handles (man 7 signal).
#pragma once

#include <bit>
#include <csignal>
#include <cstdint>
#include <initializer_list>

namespace rawposix::signal {

inline constexpr int kSignals = 64;        // numbers 1 to 64
inline constexpr int kFirstRealTime = 32;  // SIGRTMIN of the kernel

constexpr bool is_signal(int number) { return number >= 1 && number <= kSignals; }

class SignalSet {
 public:
  constexpr SignalSet() = default;
  constexpr SignalSet(std::initializer_list<int> signals) {
    for (int signal : signals) add(signal);
  }
  static constexpr SignalSet from_raw(uint64_t bits) {
    SignalSet set;
    set.bits_ = bits;
    return set;
  }
  static constexpr SignalSet all() { return from_raw(~uint64_t{0}); }

  constexpr uint64_t raw() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool has(int signal) const { return (bits_ & bit(signal)) != 0; }
  constexpr void add(int signal) { bits_ |= bit(signal); }
  constexpr void remove(int signal) { bits_ &= ~bit(signal); }
  // The lowest number; only if there is one.
  constexpr int first() const { return std::countr_zero(bits_) + 1; }

  friend constexpr SignalSet operator|(SignalSet a, SignalSet b) {
    return from_raw(a.bits_ | b.bits_);
  }
  friend constexpr SignalSet operator&(SignalSet a, SignalSet b) {
    return from_raw(a.bits_ & b.bits_);
  }
  friend constexpr SignalSet operator~(SignalSet a) { return from_raw(~a.bits_); }
  friend constexpr bool operator==(SignalSet, SignalSet) = default;

 private:
  static constexpr uint64_t bit(int signal) { return uint64_t{1} << (signal - 1); }
  uint64_t bits_ = 0;
};

// Can't be blocked, caught or ignored.
inline constexpr SignalSet kUnblockable{SIGKILL, SIGSTOP};
// Delivered before others (kernel/signal.c, SYNCHRONOUS_MASK).
inline constexpr SignalSet kSynchronous{SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS};
inline constexpr SignalSet kStopSignals{SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
inline constexpr SignalSet kIgnoredByDefault{SIGCONT, SIGCHLD, SIGWINCH, SIGURG};
inline constexpr SignalSet kCoreSignals{SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE,
                                        SIGSEGV, SIGBUS, SIGSYS,  SIGXCPU, SIGXFSZ};

enum class DefaultAction : uint8_t { kTerminate, kCore, kIgnore, kStop };

constexpr DefaultAction default_action(int signal) {
  if (kStopSignals.has(signal)) return DefaultAction::kStop;
  if (kIgnoredByDefault.has(signal)) return DefaultAction::kIgnore;
  return kCoreSignals.has(signal) ? DefaultAction::kCore : DefaultAction::kTerminate;
}

}  // namespace rawposix::signal
