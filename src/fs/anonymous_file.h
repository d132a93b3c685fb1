// SPDX-License-Identifier: Apache-2.0
// Open files that have no place in any tree and are served here, not by Linux: those of
// signalfd4(2) and pidfd_open(2). As Linux's, all are one anonymous inode (fs/anon_inodes.c).
#pragma once

#include <fcntl.h>

#include <atomic>

#include "fs/file.h"

namespace rawposix::fs {

class AnonymousFile : public File {
 public:
  // `flags`: O_NONBLOCK or 0.
  AnonymousFile(FileKind kind, int flags);

  int flags() const final { return flags_.load(std::memory_order_relaxed); }
  Result<> set_flags(int flags) final;
  Result<abi::Stat> status() final;

 protected:
  bool waits() const { return (flags() & O_NONBLOCK) == 0; }

 private:
  std::atomic<int> flags_;
};

}  // namespace rawposix::fs
