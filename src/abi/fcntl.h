// SPDX-License-Identifier: Apache-2.0
// fcntl(2): record locks, ownership of signals.
#pragma once

#include <fcntl.h>

#include <cstdint>

namespace rawposix::abi {

// struct flock.
struct Flock {
  int16_t type;    // F_RDLCK, F_WRLCK, F_UNLCK
  int16_t whence;  // SEEK_*
  uint32_t padding0;
  int64_t start;
  int64_t length;  // 0: to the end of the file, negative: before `start`
  int32_t pid;
  uint32_t padding1;
};

// struct f_owner_ex.
struct FileOwner {
  int32_t type;
  int32_t pid;
};

// Linux limits, include/uapi/linux/limits.h.
inline constexpr uint64_t kPathMax = 4096;  // with the NUL
inline constexpr uint64_t kNameMax = 255;   // without

// The kernel's O_ACCMODE; musl's has the bit of O_PATH in it.
inline constexpr int kAccessMode = 3;

// The kernel's own O_LARGEFILE: glibc defines it as 0 on 64-bit machines, F_GETFL shows it.
inline constexpr int kOpenLargeFile = 0100000;

}  // namespace rawposix::abi
