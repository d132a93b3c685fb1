// SPDX-License-Identifier: Apache-2.0
// Which signals of the host reach a thread that runs guest code. A handler that doesn't use the
// thread's signal stack would run on the guest's, where other tasks of the cage could change what
// it keeps there, its return address among it. So signals wait until the thread has left guest code
// for good, but for those that end or stop the process, and for handlers on the signal stack that
// block our own signals.
#pragma once

#include <cstdint>

namespace rawposix::sfi {

// While the outermost of a thread's lives, guest code may run on it.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  const bool outermost_;
  uint64_t previous_ = 0;  // bit n-1: signal n
};

}  // namespace rawposix::sfi
