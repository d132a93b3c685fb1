// SPDX-License-Identifier: Apache-2.0
// getrusage(2): the kernel's structure. A C library's may be longer.
#pragma once

#include <sys/time.h>

#include <cstdint>

namespace rawposix::abi {

struct Rusage {
  timeval user_time;
  timeval system_time;
  int64_t most_resident_kib;
  int64_t shared_text, unshared_data, unshared_stack;
  int64_t minor_faults, major_faults, swaps;
  int64_t blocks_in, blocks_out;
  int64_t messages_sent, messages_received, signals;
  int64_t voluntary_switches, involuntary_switches;
};

}  // namespace rawposix::abi
