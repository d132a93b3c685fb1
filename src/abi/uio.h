// SPDX-License-Identifier: Apache-2.0
// Scattered buffers and messages; addresses are the guest's.
#pragma once

#include <cstdint>

namespace rawposix::abi {

struct Iovec {
  uint64_t base;
  uint64_t length;
};
inline constexpr uint64_t kIovMax = 1024;

// struct msghdr.
struct Msghdr {
  uint64_t name;
  uint32_t name_length;
  uint32_t padding0;
  uint64_t vectors;
  uint64_t vector_count;
  uint64_t control;
  uint64_t control_length;
  int32_t flags;
  uint32_t padding1;
};

}  // namespace rawposix::abi
