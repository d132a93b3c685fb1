// SPDX-License-Identifier: Apache-2.0
// Where guest code may be entered: the recorded instruction starts that aren't inside a guard
// sequence, one bit per byte of a code region (docs/sfi.md section 2).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rawposix::verify {

class SafePoints {
 public:
  SafePoints() = default;
  explicit SafePoints(uint32_t code_size)
      : size_(code_size), words_((uint64_t{code_size} + 63) / 64) {}

  // `position` counts from the region's first byte.
  bool contains(uint64_t position) const {
    return position < size_ && ((words_[position / 64] >> (position % 64)) & 1) != 0;
  }
  void add(uint32_t position) { words_[position / 64] |= uint64_t{1} << (position % 64); }

  uint32_t size() const { return size_; }
  // Bit i of word w is position 64 * w + i.
  std::span<const uint64_t> words() const { return words_; }

 private:
  uint32_t size_ = 0;
  std::vector<uint64_t> words_;
};

}  // namespace rawposix::verify
