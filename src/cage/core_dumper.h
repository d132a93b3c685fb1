// SPDX-License-Identifier: Apache-2.0
// Who writes core files (man 5 core); a layer above does.
#pragma once

#include "abi/signal.h"

namespace rawposix::cage {

class Task;

class CoreDumper {
 public:
  virtual ~CoreDumper() = default;
  // A signal ends the cage of `task`, whose own thread calls. Whether there is a core file now.
  virtual bool dump(Task& task, const abi::Siginfo& info) = 0;
};

}  // namespace rawposix::cage
