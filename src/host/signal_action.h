// SPDX-License-Identifier: Apache-2.0
// sigaction(2) for handlers that must run at once, whatever the thread is doing.
#pragma once

#include <csignal>

#ifdef __SANITIZE_THREAD__
// glibc's own name for it, which ThreadSanitizer leaves alone.
extern "C" int __sigaction(int, const struct sigaction*, struct sigaction*) noexcept;
#endif

namespace rawposix::host {

// ThreadSanitizer's sigaction() puts handlers off until the thread calls a function that it
// watches. Guest code never does.
inline int signal_action(int signal, const struct sigaction* action, struct sigaction* previous) {
#ifdef __SANITIZE_THREAD__
  return __sigaction(signal, action, previous);
#else
  return sigaction(signal, action, previous);
#endif
}

}  // namespace rawposix::host
