// SPDX-License-Identifier: Apache-2.0
// Calls of Linux that may wait for long, and that another thread can end: it sets the stop word and
// sends the thread a signal whose handler calls leave_blocking_call(). A signal that comes just
// before the call begins is not lost: the handler sees by the instruction that it has not begun.
#pragma once

#include <atomic>
#include <cstdint>

namespace rawposix::host {

// Not 0: blocking calls of the thread that owns it end with EINTR, or don't begin.
using StopWord = std::atomic<uint32_t>;

extern "C" {
// The result, or -errno. -EINTR if `stop` is set.
int64_t host_blocking_call(const StopWord* stop, int64_t number, int64_t a, int64_t b, int64_t c,
                           int64_t d, int64_t e, int64_t f);
extern const char host_blocking_begin[];
extern const char host_blocking_end[];
extern const char host_blocking_stopped[];
}

// For a signal handler: where to go on if the signal hit a blocking call that has not begun; else
// 0.
inline uintptr_t leave_blocking_call(uintptr_t rip) {
  // SAFETY: labels of the assembly, compared as addresses.
  const bool inside = rip >= reinterpret_cast<uintptr_t>(host_blocking_begin) &&
                      rip < reinterpret_cast<uintptr_t>(host_blocking_end);
  // SAFETY: as above.
  return inside ? reinterpret_cast<uintptr_t>(host_blocking_stopped) : 0;
}

}  // namespace rawposix::host
