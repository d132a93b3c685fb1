// SPDX-License-Identifier: Apache-2.0
// The host's signal handlers for faults and interrupts. A fault in guest code becomes an event of
// its task; one in a marked copy of guest memory makes the copy return early; any other is a bug in
// the host: report and abort. Handlers run on a stack of their own, lock and allocate nothing.
#pragma once

#include <csignal>

#include "sfi/context.h"
#include "support/result.h"

namespace rawposix::sfi {

inline constexpr int kFaultSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

Result<> install_fault_handlers();

// Whether the calling thread is the one that runs it.
bool is_running(const Context& context);

// While it lives, the calling thread is the one that runs `context`, and has a signal stack.
class ThreadScope {
 public:
  explicit ThreadScope(Context& context);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  Context* previous_;
};

}  // namespace rawposix::sfi
