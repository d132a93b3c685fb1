// SPDX-License-Identifier: Apache-2.0
// What a cage does with each signal (man 2 sigaction). Plain data; whoever owns it locks it.
#pragma once

#include <array>

#include "abi/signal.h"
#include "signal/signal_set.h"
#include "support/check.h"

namespace rawposix::signal {

using Action = abi::Sigaction;

inline constexpr uint64_t kDefaultHandler = 0;        // SIG_DFL
inline constexpr uint64_t kIgnoreHandler = 1;         // SIG_IGN
inline constexpr uint64_t kHasRestorer = 0x04000000;  // SA_RESTORER

inline bool has_handler(const Action& action) { return action.handler > kIgnoreHandler; }

class Actions {
 public:
  const Action& get(int signal) const { return actions_[index(signal)]; }
  void set(int signal, const Action& action) { actions_[index(signal)] = action; }

  // Whether the signal would do nothing.
  bool ignores(int signal) const {
    const Action& action = get(signal);
    return action.handler == kIgnoreHandler ||
           (action.handler == kDefaultHandler && default_action(signal) == DefaultAction::kIgnore);
  }
  // execve(2): handlers are gone, what is ignored stays so.
  void reset_for_exec() {
    for (Action& action : actions_) {
      action = {.handler = has_handler(action) ? kDefaultHandler : action.handler,
                .flags = 0,
                .restorer = 0,
                .mask = 0};
    }
  }

 private:
  static size_t index(int signal) {
    CHECK(is_signal(signal));
    return static_cast<size_t>(signal) - 1;
  }
  std::array<Action, kSignals> actions_{};
};

}  // namespace rawposix::signal
