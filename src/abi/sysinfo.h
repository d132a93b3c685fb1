// SPDX-License-Identifier: Apache-2.0
// sysinfo(2).
#pragma once

#include <array>
#include <cstdint>

namespace rawposix::abi {

struct Sysinfo {
  int64_t uptime_seconds;
  std::array<uint64_t, 3> loads;  // 1, 5 and 15 minutes, in 1/65536
  uint64_t total_ram;
  uint64_t free_ram;
  uint64_t shared_ram;
  uint64_t buffer_ram;
  uint64_t total_swap;
  uint64_t free_swap;
  uint16_t processes;
  uint16_t padding0;
  uint32_t padding1;
  uint64_t total_high;
  uint64_t free_high;
  uint32_t unit_bytes;
  uint32_t padding2;
};

}  // namespace rawposix::abi
