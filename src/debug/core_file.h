// SPDX-License-Identifier: Apache-2.0
// Core files of cages (man 5 core), for gdb PROGRAM CORE: registers of all tasks and the memory
// that is not the program file's. Addresses are the guest's.
#pragma once

#include <string>

#include "cage/core_dumper.h"
#include "support/unique_fd.h"

namespace rawposix::debug {

class CoreFiles final : public cage::CoreDumper {
 public:
  // As RLIMIT_CORE allows, `core` in the working directory of the cage.
  CoreFiles() = default;
  // Without regard to limits, `core.PID` in a directory of the host's.
  explicit CoreFiles(UniqueFd directory) : directory_(std::move(directory)) {}

  // Thread-safe.
  bool dump(cage::Task& task, const abi::Siginfo& info) override;

 private:
  UniqueFd directory_;
};

}  // namespace rawposix::debug
