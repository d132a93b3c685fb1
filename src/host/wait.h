// SPDX-License-Identifier: Apache-2.0
// Sleeping until a word of host memory changes (futex(2), private). A host signal ends the sleep
// with EINTR.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

#include "support/result.h"

namespace rawposix::host {

// Sleeps while word == value. EAGAIN if it was not to begin with, EINTR, ETIMEDOUT (`timeout` is
// relative; null: none). May wake for no reason.
Result<> wait_while(const std::atomic<uint32_t>& word, uint32_t value,
                    const timespec* timeout = nullptr);
// The same until a point in time of CLOCK_MONOTONIC or CLOCK_REALTIME.
Result<> wait_until(const std::atomic<uint32_t>& word, uint32_t value, clockid_t clock,
                    const timespec& deadline);
void wake_all(const std::atomic<uint32_t>& word);

}  // namespace rawposix::host
