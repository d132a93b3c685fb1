// SPDX-License-Identifier: Apache-2.0
// clone3(2)'s argument (linux/sched.h).
#pragma once

#include <cstdint>

namespace rawposix::abi {

struct CloneArguments {
  uint64_t flags;
  uint64_t pidfd;
  uint64_t child_tid;
  uint64_t parent_tid;
  uint64_t exit_signal;
  uint64_t stack;
  uint64_t stack_size;
  uint64_t tls;
  uint64_t set_tid;
  uint64_t set_tid_size;
  uint64_t cgroup;
};

}  // namespace rawposix::abi
