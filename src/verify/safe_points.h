// SPDX-License-Identifier: Apache-2.0
// Where guest code may be entered: the recorded instruction starts that aren't inside a guard
// sequence, one bit per byte of a code region (docs/sfi.md section 2).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rawposix::verify {

// Safe points that are kept elsewhere; bit i of word w is position 64 * w + i.
class SafePointsView {
 public:
  SafePointsView() = default;
  SafePointsView(const uint64_t* words, uint32_t code_size) : words_(words), size_(code_size) {}

  // `position` counts from the region's first byte.
  bool contains(uint64_t position) const {
    return position < size_ && ((words_[position / 64] >> (position % 64)) & 1) != 0;
  }
  uint32_t size() const { return size_; }

 private:
  const uint64_t* words_ = nullptr;
  uint32_t size_ = 0;
};

class SafePoints {
 public:
  SafePoints() = default;
  explicit SafePoints(uint32_t code_size)
      : size_(code_size), words_((uint64_t{code_size} + 63) / 64) {}

  // Valid until the object is destroyed.
  operator SafePointsView() const { return {words_.data(), size_}; }
  bool contains(uint64_t position) const { return SafePointsView(*this).contains(position); }
  void add(uint32_t position) { words_[position / 64] |= uint64_t{1} << (position % 64); }

  // Of the same code.
  bool contains_all(const SafePoints& others) const {
    for (size_t i = 0; i < words_.size(); i++) {
      if ((others.words_[i] & ~words_[i]) != 0) return false;
    }
    return true;
  }

  uint32_t size() const { return size_; }
  std::span<const uint64_t> words() const { return words_; }

 private:
  uint32_t size_ = 0;
  std::vector<uint64_t> words_;
};

}  // namespace rawposix::verify
