// SPDX-License-Identifier: Apache-2.0
// For tests: a process that has used up its mappings.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "host/memory.h"

// ThreadSanitizer itself ends the process when it gets no more.
#ifdef __SANITIZE_THREAD__
#define SKIP_UNLESS_MAPPINGS_CAN_BE_USED_UP() GTEST_SKIP() << "the sanitizer needs mappings"
#else
#define SKIP_UNLESS_MAPPINGS_CAN_BE_USED_UP() static_cast<void>(0)
#endif

namespace rawposix::host {

class UsedUpMappings {
 public:
  UsedUpMappings() {
    auto range = map(nullptr, kPages * kPageSize, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
    if (range.ok()) start_ = range.value();
    fill();
  }
  ~UsedUpMappings() {
    for (int i = 0; i < extra_count_; ++i) munmap(extra_[i], kPageSize);
    if (start_ != nullptr) munmap(start_, kPages * kPageSize);
  }
  UsedUpMappings(const UsedUpMappings&) = delete;
  UsedUpMappings& operator=(const UsedUpMappings&) = delete;

  // Again, if some have become free. False if this host's bound can't be reached.
  bool fill() {
    if (start_ == nullptr) return false;
    // Every other page is protected otherwise than its neighbours, as long as that can be.
    while (filled_ < kPages && protect(start_ + filled_ * kPageSize, kPageSize, PROT_READ).ok()) {
      filled_ += 2;
    }
    // mmap(2) still makes one at the bound, beyond it none.
    while (extra_count_ < kExtra) {
      auto page = map(nullptr, kPageSize, PROT_READ, MAP_SHARED);
      if (!page.ok()) return true;
      extra_[extra_count_++] = page.value();
    }
    return false;
  }

 private:
  static constexpr uint64_t kPageSize = 4096;
  static constexpr uint64_t kPages = 200'000;
  static constexpr int kExtra = 8;
  std::byte* start_ = nullptr;
  uint64_t filled_ = 0;
  std::byte* extra_[kExtra];
  int extra_count_ = 0;
};

}  // namespace rawposix::host
