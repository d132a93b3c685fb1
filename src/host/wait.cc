// SPDX-License-Identifier: Apache-2.0
#include "host/wait.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

namespace rawposix::host {

Result<> wait_while(const std::atomic<uint32_t>& word, uint32_t value, const timespec* timeout) {
  if (::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, timeout) != 0) return Errno::last();
  return {};
}

Result<> wait_until(const std::atomic<uint32_t>& word, uint32_t value, clockid_t clock,
                    const timespec& deadline) {
  int operation = FUTEX_WAIT_BITSET_PRIVATE | (clock == CLOCK_REALTIME ? FUTEX_CLOCK_REALTIME : 0);
  if (::syscall(SYS_futex, &word, operation, value, &deadline, nullptr, FUTEX_BITSET_MATCH_ANY) !=
      0) {
    return Errno::last();
  }
  return {};
}

void wake_all(const std::atomic<uint32_t>& word) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

}  // namespace rawposix::host
