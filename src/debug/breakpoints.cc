// SPDX-License-Identifier: Apache-2.0
#include "debug/breakpoints.h"

#include <array>
#include <cstring>

#include "sfi/layout.h"

namespace rawposix::debug {
namespace {

using sfi::kPageSize;

constexpr std::byte kInt3{0xcc};

}  // namespace

Result<> Breakpoints::insert(uint64_t address) {
  if (in_text(address) ? !code_.is_safe_point(address) : address >= sfi::kSlotSize) {
    return Errno(EINVAL);
  }
  if (!addresses_.insert(address).second) return {};
  auto shown = refresh(address);
  if (!shown.ok()) addresses_.erase(address);
  return shown;
}

Result<> Breakpoints::remove(uint64_t address) {
  if (addresses_.erase(address) == 0) return {};
  return refresh(address);
}

void Breakpoints::remove_all() {
  while (!addresses_.empty()) {
    // Fails only where the guest has unmapped its text, and then nothing is left to restore.
    static_cast<void>(remove(*addresses_.begin()));
  }
}

Result<> Breakpoints::refresh(uint64_t address) {
  if (!in_text(address)) return {};
  uint64_t page = sfi::page_down(address);
  auto first = addresses_.lower_bound(page);
  auto last = addresses_.lower_bound(page + kPageSize);
  if (first == last) return memory_.restore_text(page, kPageSize);
  std::array<std::byte, kPageSize> bytes;
  std::memcpy(bytes.data(), code_.code + (page - code_.start), bytes.size());
  for (; first != last; ++first) bytes[*first - page] = kInt3;
  return memory_.replace_text(page, bytes);
}

uint64_t Breakpoints::reached_by_jump_to(uint64_t address) const {
  auto next = addresses_.lower_bound(address);
  bool meant = address % sfi::kBundleSize == 0 && next != addresses_.end() &&
               *next - address < sfi::kBundleSize && !in_text(*next);
  return meant ? *next : address;
}

void Breakpoints::hide(uint64_t start, std::span<std::byte> bytes) const {
  for (auto it = addresses_.lower_bound(start);
       it != addresses_.end() && *it - start < bytes.size(); ++it) {
    if (in_text(*it)) bytes[*it - start] = std::byte{code_.code[*it - code_.start]};
  }
}

}  // namespace rawposix::debug
