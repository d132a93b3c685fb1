// SPDX-License-Identifier: Apache-2.0
// Records of getdents64(2) and getdents(2). They have no fixed size: the name follows the header,
// the record is padded to 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rawposix::abi {

struct __attribute__((packed)) DirentHeader {
  uint64_t inode;
  int64_t next_offset;  // to seek to the record after this one
  uint16_t record_size;
  uint8_t type;  // DT_*
};
inline constexpr size_t kDirentNameOffset = 19;

// The old form keeps the type in the record's last byte.
struct __attribute__((packed)) OldDirentHeader {
  uint64_t inode;
  int64_t next_offset;
  uint16_t record_size;
};
inline constexpr size_t kOldDirentNameOffset = 18;

constexpr size_t dirent_size(size_t name_length) {
  return (kDirentNameOffset + name_length + 1 + 7) & ~size_t{7};
}

}  // namespace rawposix::abi
