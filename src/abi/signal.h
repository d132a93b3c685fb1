// SPDX-License-Identifier: Apache-2.0
// Signal structures of the x86-64 kernel interface.
#pragma once

#include <array>
#include <cstdint>

namespace rawposix::abi {

using Sigset = uint64_t;  // bit n-1: signal n

// struct kernel_sigaction.
struct Sigaction {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  Sigset mask;
};

// stack_t.
struct SignalStack {
  uint64_t base;
  int32_t flags;
  uint32_t padding0;
  uint64_t size;
};

// siginfo_t: the fields that all signals share, then the words of the union.
struct Siginfo {
  int32_t signal;
  int32_t error;
  int32_t code;
  uint32_t padding0;
  std::array<uint64_t, 14> fields;
};

}  // namespace rawposix::abi
