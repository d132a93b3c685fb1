// SPDX-License-Identifier: Apache-2.0
// A count with a bound. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

#include "support/check.h"

namespace rawposix {

class Quota {
 public:
  explicit Quota(uint64_t limit) : limit_(limit) {}
  Quota(const Quota&) = delete;
  Quota& operator=(const Quota&) = delete;

  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

  // False, and nothing is taken, if that much isn't left.
  [[nodiscard]] bool take(uint64_t count) { return take_at_most(count, count) == count; }
  // Takes between `least` and `most`, or 0 if `least` isn't left.
  [[nodiscard]] uint64_t take_at_most(uint64_t most, uint64_t least = 1) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    while (true) {
      uint64_t count = std::min(most, limit_ - used);
      if (count < least) return 0;
      if (used_.compare_exchange_weak(used, used + count, std::memory_order_relaxed)) return count;
    }
  }
  void give(uint64_t count) {
    DCHECK(count <= used());
    used_.fetch_sub(count, std::memory_order_relaxed);
  }

  // One of what is counted, for as long as it lives.
  class One {
   public:
    One() = default;
    explicit One(Quota& taken) : quota_(&taken) {}
    One(One&& other) noexcept : quota_(std::exchange(other.quota_, nullptr)) {}
    One& operator=(One&& other) noexcept {
      std::swap(quota_, other.quota_);
      return *this;
    }
    ~One() {
      if (quota_ != nullptr) quota_->give(1);
    }

   private:
    Quota* quota_ = nullptr;
  };

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};

}  // namespace rawposix
