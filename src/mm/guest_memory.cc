// SPDX-License-Identifier: Apache-2.0
#include "mm/guest_memory.h"

#include <algorithm>

#include "sfi/safe_copy.h"

namespace rawposix::mm {

Result<> GuestMemory::copy_in(void* to, GuestAddr from, size_t size) const {
  if (!in_guest_range(from, size)) return Errno(EFAULT);
  // SAFETY: the range lies in this cage's slot; a fault makes the copy return early.
  if (size != 0 && sfi_safe_copy(to, base_ + from.value, size) != 0) return Errno(EFAULT);
  return {};
}

Result<> GuestMemory::copy_out(GuestAddr to, const void* from, size_t size) const {
  if (!in_guest_range(to, size)) return Errno(EFAULT);
  // SAFETY: as in copy_in().
  if (size != 0 && sfi_safe_copy(base_ + to.value, from, size) != 0) return Errno(EFAULT);
  return {};
}

Result<> GuestMemory::fill(GuestAddr to, std::byte value, size_t size) const {
  if (!in_guest_range(to, size)) return Errno(EFAULT);
  // SAFETY: as in copy_in().
  if (size != 0 && sfi_safe_fill(base_ + to.value, static_cast<int>(value), size) != 0) {
    return Errno(EFAULT);
  }
  return {};
}

Result<std::string> GuestMemory::copy_string(UserString from, size_t limit) const {
  if (!in_guest_range(from.addr, 1)) return Errno(EFAULT);
  size_t room = sfi::kGuestEnd - from.addr.value;
  // SAFETY: at most up to the end of what a cage can own; a fault is reported as SIZE_MAX.
  const char* text = reinterpret_cast<const char*>(base_ + from.addr.value);
  size_t length = sfi_safe_strnlen(text, std::min(limit, room));
  if (length == SIZE_MAX) return Errno(EFAULT);
  if (length == limit) return Errno(ENAMETOOLONG);
  if (length == room) return Errno(EFAULT);
  std::string copy(length, '\0');
  if (sfi_safe_copy(copy.data(), text, length) != 0) return Errno(EFAULT);
  // Another task may have shortened it meanwhile: the first NUL of the copy decides.
  copy.resize(strnlen(copy.data(), length));
  return copy;
}

Result<uint32_t*> GuestMemory::word(GuestAddr address) const {
  if (address.value % sizeof(uint32_t) != 0) return Errno(EINVAL);
  if (!in_guest_range(address, sizeof(uint32_t))) return Errno(EFAULT);
  // SAFETY: in this cage's slot and aligned; only fault-safe accesses use it.
  return reinterpret_cast<uint32_t*>(base_ + address.value);
}

Result<uint32_t> GuestMemory::load_word(GuestAddr address) const {
  const uint32_t* place = TRY(word(address));
  uint32_t value = 0;
  if (sfi_safe_load_u32(place, &value) != 0) return Errno(EFAULT);
  return value;
}

Result<bool> GuestMemory::exchange_word_if(GuestAddr address, uint32_t expected,
                                           uint32_t fresh) const {
  uint32_t* place = TRY(word(address));
  int outcome = sfi_safe_compare_exchange_u32(place, &expected, fresh);
  if (outcome < 0) return Errno(EFAULT);
  return outcome == 0;
}

Result<iovec> GuestMemory::host_range(GuestAddr start, size_t size) const {
  if (!in_guest_range(start, size)) return Errno(EFAULT);
  if (size == 0) return iovec{base_, 0};
  return iovec{base_ + start.value, size};
}

}  // namespace rawposix::mm
