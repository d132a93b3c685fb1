// SPDX-License-Identifier: Apache-2.0
// Copies between the host and one cage's memory. Every copy checks its range and survives a fault:
// an unmapped or protected page, or a mapped file that was truncated, is EFAULT. Thread-safe; other
// tasks of the cage may change the memory meanwhile, so read a value once and decide on the copy.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include "mm/user_ptr.h"
#include "support/result.h"

namespace rawposix::mm {

class GuestMemory {
 public:
  explicit GuestMemory(std::byte* base) : base_(base) {}

  Result<> copy_in(void* to, GuestAddr from, size_t size) const;
  Result<> copy_out(GuestAddr to, const void* from, size_t size) const;
  Result<> fill(GuestAddr to, std::byte value, size_t size) const;

  // Copies a string without its NUL. ENAMETOOLONG if there is no NUL in the first `limit` bytes
  // (limit counts the NUL), EFAULT if memory ends first.
  Result<std::string> copy_string(UserString from, size_t limit) const;

  template <class T, Direction kDirection>
  requires GuestReadable<T> &&
      (UserPtr<T, kDirection>::kReadable)Result<T> read(UserPtr<T, kDirection> from) const {
    T value;
    TRY(copy_in(&value, from.addr(), sizeof value));
    return value;
  }

  template <class T, Direction kDirection>
  requires GuestWritable<T> &&(UserPtr<T, kDirection>::kWritable)
      Result<> write(UserPtr<T, kDirection> to, const std::type_identity_t<T>& value) const {
    return copy_out(to.addr(), &value, sizeof value);
  }

  // Like write(), but a null pointer means that the guest does not want the value.
  template <class T, Direction kDirection>
  Result<> write_if(UserPtr<T, kDirection> to, const std::type_identity_t<T>& value) const {
    if (to.is_null()) return {};
    return write(to, value);
  }

  // For futexes: 32-bit words, atomically. EFAULT; EINVAL unless aligned.
  Result<uint32_t> load_word(GuestAddr address) const;
  // Stores `fresh` if the word is `expected`; whether it was.
  Result<bool> exchange_word_if(GuestAddr address, uint32_t expected, uint32_t fresh) const;

  // For calls that hand guest memory to Linux, which reports EFAULT itself: the range clamped to
  // what a cage can own. EFAULT if it reaches outside. The host never dereferences it.
  Result<iovec> host_range(GuestAddr start, size_t size) const;

  std::byte* base() const { return base_; }

 private:
  Result<uint32_t*> word(GuestAddr address) const;

  std::byte* base_;
};

}  // namespace rawposix::mm
