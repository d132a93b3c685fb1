// SPDX-License-Identifier: Apache-2.0
// Typed guest pointers with a direction. They hold an address and nothing else: no dereference, no
// check when made (Linux looks at a pointer only when it copies, and so do we). GuestMemory reads
// through UserIn, writes through UserOut, and either through UserInOut.
#pragma once

#include <cstddef>
#include <type_traits>

#include "mm/guest_addr.h"

namespace rawposix::mm {

enum class Direction : uint8_t { kIn, kOut, kInOut };

template <class T, Direction kDirection>
class UserPtr {
 public:
  using Value = T;
  static constexpr bool kReadable = kDirection != Direction::kOut;
  static constexpr bool kWritable = kDirection != Direction::kIn;

  constexpr UserPtr() = default;
  constexpr explicit UserPtr(GuestAddr addr) : addr_(addr) {}

  constexpr GuestAddr addr() const { return addr_; }
  constexpr bool is_null() const { return addr_.is_null(); }
  // The index-th element of an array at this pointer.
  constexpr UserPtr element(uint64_t index) const { return UserPtr(addr_.plus(index * sizeof(T))); }

 private:
  GuestAddr addr_;
};

template <class T>
using UserIn = UserPtr<T, Direction::kIn>;
template <class T>
using UserOut = UserPtr<T, Direction::kOut>;
template <class T>
using UserInOut = UserPtr<T, Direction::kInOut>;

// A NUL-terminated string of the guest's.
struct UserString {
  GuestAddr addr;
};

// Types that may cross: no padding (it would carry host bytes out), no pointers, no virtuals.
template <class T>
concept GuestReadable = std::is_trivially_copyable_v<T>;
template <class T>
concept GuestWritable =
    std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

}  // namespace rawposix::mm
