// SPDX-License-Identifier: Apache-2.0
// Terminal attributes as the kernel has them (asm-generic/termbits.h); glibc's struct is longer.
#pragma once

#include <array>
#include <cstdint>

namespace rawposix::abi {

struct Termios {
  uint32_t input_flags;
  uint32_t output_flags;
  uint32_t control_flags;
  uint32_t local_flags;
  uint8_t line;
  std::array<uint8_t, 19> control_characters;
};

struct Termios2 {
  Termios base;
  uint32_t input_speed;
  uint32_t output_speed;
};

// Not in glibc's headers.
inline constexpr uint32_t kTcgets2 = 0x802c542a;
inline constexpr uint32_t kTcsets2 = 0x402c542b;
inline constexpr uint32_t kTcsetsw2 = 0x402c542c;
inline constexpr uint32_t kTcsetsf2 = 0x402c542d;

}  // namespace rawposix::abi
