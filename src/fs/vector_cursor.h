// SPDX-License-Identifier: Apache-2.0
// Goes through the buffers of a transfer, which may be guest memory, for files whose content is in
// host memory. Copies are fault-safe: at the first bad address the transfer ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "fs/file.h"

namespace rawposix::fs {

class VectorCursor {
 public:
  explicit VectorCursor(Vectors vectors) : rest_(vectors) {
    for (const iovec& vector : vectors) left_ += vector.iov_len;
  }

  // Bytes that the buffers still have room for.
  size_t left() const { return left_; }
  // Whether a bad address was met.
  bool faulted() const { return faulted_; }

  // Copies into the buffers, or out of them, as much as both sides have; how much it was.
  size_t fill(std::span<const std::byte> from) {
    return transfer(from.size(), [&](std::byte* at, size_t done, size_t size) {
      return copy(at, from.data() + done, size);
    });
  }
  size_t take(std::span<std::byte> to) {
    return transfer(to.size(), [&](std::byte* at, size_t done, size_t size) {
      return copy(to.data() + done, at, size);
    });
  }

 private:
  // How many of `size` bytes were copied.
  static size_t copy(std::byte* to, const std::byte* from, size_t size);

  template <class Part>
  size_t transfer(size_t most, Part part) {
    size_t done = 0;
    while (done < most && left_ > 0 && !faulted_) {
      const iovec& vector = rest_.front();
      const size_t wanted = std::min(most - done, vector.iov_len - used_);
      const size_t copied = part(static_cast<std::byte*>(vector.iov_base) + used_, done, wanted);
      done += copied;
      used_ += copied;
      left_ -= copied;
      faulted_ = copied < wanted;
      if (used_ < vector.iov_len) continue;
      rest_ = rest_.subspan(1);
      used_ = 0;
    }
    return done;
  }

  Vectors rest_;
  size_t used_ = 0;  // of the first of rest_
  size_t left_ = 0;
  bool faulted_ = false;
};

}  // namespace rawposix::fs
