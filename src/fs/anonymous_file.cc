// SPDX-License-Identifier: Apache-2.0
#include "fs/anonymous_file.h"

#include <sys/sysmacros.h>

#include "sfi/layout.h"

namespace rawposix::fs {

AnonymousFile::AnonymousFile(FileKind kind, int flags) : File(kind), flags_(O_RDWR | flags) {}

Result<> AnonymousFile::set_flags(int flags) {
  constexpr int kChangeable = O_APPEND | O_NONBLOCK;
  int before = flags_.load(std::memory_order_relaxed);
  while (!flags_.compare_exchange_weak(before, (before & ~kChangeable) | (flags & kChangeable))) {
  }
  return {};
}

Result<abi::Stat> AnonymousFile::status() {
  abi::Stat status{};
  // A number that MemFs gives to no file system.
  status.st_dev = makedev(0, 0xfffff - 0xfffe);
  status.st_ino = 1;
  status.st_nlink = 1;
  status.st_mode = S_IRUSR | S_IWUSR;
  status.st_blksize = sfi::kPageSize;
  return status;
}

}  // namespace rawposix::fs
