// SPDX-License-Identifier: Apache-2.0
#include "debug/watchpoints.h"

#include <utility>

namespace rawposix::debug {

std::vector<std::byte> Watchpoints::read(uint64_t address, uint64_t size) const {
  std::vector<std::byte> content(size);
  if (!memory_.copy_in(content.data(), mm::GuestAddr{address}, size).ok()) content.clear();
  return content;
}

Result<> Watchpoints::insert(uint64_t address, uint64_t size) {
  if (size == 0 || size > kMaxSize || watched_.size() >= kMaxCount) return Errno(ENOSPC);
  watched_.push_back({address, size, read(address, size)});
  return {};
}

void Watchpoints::remove(uint64_t address, uint64_t size) {
  std::erase_if(watched_, [&](const Watched& watched) {
    return watched.address == address && watched.size == size;
  });
}

std::optional<uint64_t> Watchpoints::find_change() {
  std::optional<uint64_t> changed;
  for (Watched& watched : watched_) {
    std::vector<std::byte> now = read(watched.address, watched.size);
    if (now == watched.content) continue;
    watched.content = std::move(now);
    if (!changed) changed = watched.address;
  }
  return changed;
}

}  // namespace rawposix::debug
