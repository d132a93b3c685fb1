// SPDX-License-Identifier: Apache-2.0
// Memory whose changes stop the task. The debugger steps the task and looks after each step, which
// spares several packets for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "mm/guest_memory.h"
#include "support/result.h"

namespace rawposix::debug {

class Watchpoints {
 public:
  static constexpr uint64_t kMaxSize = 4096;
  static constexpr size_t kMaxCount = 64;

  explicit Watchpoints(mm::GuestMemory memory) : memory_(memory) {}

  // ENOSPC beyond the limits above.
  Result<> insert(uint64_t address, uint64_t size);
  void remove(uint64_t address, uint64_t size);

  bool empty() const { return watched_.empty(); }
  // Where one begins that has changed since this was called last, or since it was inserted.
  std::optional<uint64_t> find_change();

 private:
  struct Watched {
    uint64_t address;
    uint64_t size;
    std::vector<std::byte> content;  // empty: unreadable
  };
  std::vector<std::byte> read(uint64_t address, uint64_t size) const;

  mm::GuestMemory memory_;
  std::vector<Watched> watched_;
};

}  // namespace rawposix::debug
