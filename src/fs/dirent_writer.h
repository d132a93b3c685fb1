// SPDX-License-Identifier: Apache-2.0
// Writes the records of getdents64(2) for directories that we list ourselves.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "support/result.h"

namespace rawposix::fs {

class DirentWriter {
 public:
  explicit DirentWriter(std::span<std::byte> records) : records_(records) {}

  // False if there is no room. `kind` is S_IFMT bits.
  [[nodiscard]] bool add(std::string_view name, uint64_t inode, int64_t next_offset, mode_t kind);

  // How much was written; EINVAL if not even one record fitted while there was one to write.
  Result<size_t> finish(bool all_written) const {
    if (size_ == 0 && !all_written) return Errno(EINVAL);
    return size_;
  }

 private:
  std::span<std::byte> records_;
  size_t size_ = 0;
};

// Copies records to a buffer that may be guest memory; EFAULT.
Result<> copy_records(const iovec& to, std::span<const std::byte> records);

}  // namespace rawposix::fs
