// SPDX-License-Identifier: Apache-2.0
// How many objects of a class there are: for usage(), and for tests that nothing is left behind.
#pragma once

#include <atomic>
#include <cstddef>

namespace rawposix {

// A member of T. Thread-safe.
template <class T>
class LiveCount {
 public:
  LiveCount() { count_.fetch_add(1, std::memory_order_relaxed); }
  LiveCount(const LiveCount&) : LiveCount() {}
  LiveCount& operator=(const LiveCount&) = default;
  ~LiveCount() { count_.fetch_sub(1, std::memory_order_relaxed); }

  static size_t now() { return count_.load(std::memory_order_relaxed); }

 private:
  static inline std::atomic<size_t> count_{0};
};

}  // namespace rawposix
