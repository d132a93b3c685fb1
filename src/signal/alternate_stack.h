// SPDX-License-Identifier: Apache-2.0
// A task's stack for signal handlers (man 2 sigaltstack).
#pragma once

#include <csignal>
#include <cstdint>

#include "abi/signal.h"
#include "support/result.h"

namespace rawposix::signal {

class AlternateStack {
 public:
  static constexpr uint32_t kAutoDisarm = 1U << 31;  // SS_AUTODISARM
  static constexpr uint64_t kSmallest = 2048;        // MINSIGSTKSZ

  // Whether a stack pointer lies on it. One that disarms itself is never in use.
  bool is_on(uint64_t rsp) const {
    if ((flags_ & kAutoDisarm) != 0) return false;
    return rsp > base_ && rsp - base_ <= size_;
  }
  bool usable() const { return size_ != 0; }
  uint64_t top() const { return base_ + size_; }

  // As sigaltstack() shows it to a task whose stack pointer is `rsp`.
  abi::SignalStack show(uint64_t rsp) const {
    int32_t state = !usable() ? SS_DISABLE : is_on(rsp) ? SS_ONSTACK : 0;
    return {base_, state | static_cast<int32_t>(flags_), 0, size_};
  }
  // As a frame has it, for sigreturn to set again: with the mode that it was set with
  // (kernel/signal.c, __save_altstack()).
  abi::SignalStack stored() const {
    return {base_, static_cast<int32_t>(mode_ | flags_), 0, size_};
  }
  // EPERM while it is in use, EINVAL, ENOMEM (kernel/signal.c, do_sigaltstack()).
  Result<> set(const abi::SignalStack& fresh, uint64_t rsp) {
    if (is_on(rsp)) return Errno(EPERM);
    uint32_t flags = static_cast<uint32_t>(fresh.flags) & kAutoDisarm;
    uint32_t mode = static_cast<uint32_t>(fresh.flags) & ~kAutoDisarm;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0) return Errno(EINVAL);
    if (mode == SS_DISABLE) {
      base_ = size_ = 0;
    } else {
      if (fresh.size < kSmallest) return Errno(ENOMEM);
      base_ = fresh.base;
      size_ = fresh.size;
    }
    mode_ = mode;
    flags_ = flags;
    return {};
  }
  // A handler began on it: gone until sigreturn sets it again, if that is how it was set.
  void note_use() {
    if ((flags_ & kAutoDisarm) != 0) *this = none();
  }
  // What a new thread has; a program's first has one of no mode.
  static AlternateStack none() {
    AlternateStack stack;
    stack.mode_ = SS_DISABLE;
    return stack;
  }

 private:
  uint64_t base_ = 0;
  uint64_t size_ = 0;
  uint32_t mode_ = 0;
  uint32_t flags_ = 0;
};

}  // namespace rawposix::signal
