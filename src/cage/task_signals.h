// SPDX-License-Identifier: Apache-2.0
// A task's own part of the signals of its cage. Guarded by the lock of its cage's Signals, but for
// the mask, which the task's own thread may also read without it, and the alternate stack, which is
// that thread's alone.
#pragma once

#include <cstdint>
#include <optional>

#include "signal/alternate_stack.h"
#include "signal/pending.h"

namespace rawposix::cage {

struct TaskSignals {
  explicit TaskSignals(signal::QueuedSignals& queued) : pending(queued) {}

  signal::SignalSet mask;
  // Taken by sigtimedwait() although blocked.
  signal::SignalSet awaited;
  signal::PendingSignals pending;
  // The mask to come back once a handler has run or the wait is over (sigsuspend(), ppoll()).
  std::optional<signal::SignalSet> mask_to_restore;
  signal::AlternateStack alternate_stack;
  // The fault that the next signal of its number is about.
  std::optional<sfi::Fault> fault;
  bool stopped = false;

  // What a task that is made by `parent` starts with (man 2 clone, signal(7)).
  void inherit(const TaskSignals& parent, bool keeps_alternate_stack) {
    mask = parent.mask;
    alternate_stack =
        keeps_alternate_stack ? parent.alternate_stack : signal::AlternateStack::none();
  }
};

}  // namespace rawposix::cage
