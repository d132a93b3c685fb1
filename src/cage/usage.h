// SPDX-License-Identifier: Apache-2.0
// What tasks have used, as getrusage(2) tells it. Linux counts it for the host threads they run on.
#pragma once

#include <algorithm>
#include <cstdint>

#include "abi/rusage.h"

namespace rawposix::cage {

struct Usage {
  int64_t user_ns = 0;
  int64_t system_ns = 0;
  int64_t minor_faults = 0;
  int64_t major_faults = 0;
  int64_t blocks_in = 0;
  int64_t blocks_out = 0;
  int64_t voluntary_switches = 0;
  int64_t involuntary_switches = 0;
  int64_t most_resident_kib = 0;

  // Of the calling host thread since it began.
  static Usage of_thread();

  Usage& operator+=(const Usage& other);
  Usage operator-(const Usage& before) const;
  abi::Rusage to_rusage() const;
};

}  // namespace rawposix::cage
