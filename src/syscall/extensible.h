// SPDX-License-Identifier: Apache-2.0
// Structures that tell their size, since later versions of Linux add to them.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "cage/task.h"
#include "sfi/layout.h"

namespace rawposix::syscall {

// One that may be older or newer than ours: what it lacks is zero, what we don't know must be
// (include/linux/uaccess.h, copy_struct_from_user()). E2BIG, EFAULT.
template <class T>
Result<T> read_extensible(const cage::Task& task, mm::GuestAddr address, uint64_t size) {
  if (size > sfi::kPageSize) return Errno(E2BIG);
  std::array<std::byte, sfi::kPageSize> bytes{};
  TRY(task.memory().copy_in(bytes.data(), address, size));
  const auto unknown = std::span(bytes).subspan(sizeof(T));
  if (!std::all_of(unknown.begin(), unknown.end(),
                   [](std::byte byte) { return byte == std::byte{}; })) {
    return Errno(E2BIG);
  }
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace rawposix::syscall
