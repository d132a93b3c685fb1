// SPDX-License-Identifier: Apache-2.0
// How a cage ended.
#pragma once

#include <cstdint>

namespace rawposix::cage {

struct ExitStatus {
  uint8_t code = 0;     // of exit(), if signal is 0
  uint8_t signal = 0;   // that ended it
  bool dumped = false;  // with a core file
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;

  // What a shell reports: the code, or 128 + signal.
  int shell_code() const { return signal != 0 ? 128 + signal : code; }
};

}  // namespace rawposix::cage
