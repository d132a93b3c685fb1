// SPDX-License-Identifier: Apache-2.0
// What the host tells of itself.
#pragma once

#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>

#include "abi/sysinfo.h"
#include "support/result.h"

namespace rawposix::host {

// Of this process.
int nice_value();

utsname kernel_name();
abi::Sysinfo system_information();
// Of this process, by RLIMIT_*.
Result<rlimit> resource_limit(unsigned resource);

// getrandom(2) into `range`, which may be guest memory: EFAULT, EAGAIN, EINTR as there.
Result<int64_t> random_bytes(iovec range, unsigned flags);

struct CpuAndNode {
  uint32_t cpu;
  uint32_t node;
};
Result<CpuAndNode> current_cpu();

// The bits of the processors that a thread of this process may run on, 0 for this one, and how many
// bytes of them there are (sched_getaffinity(2)).
Result<size_t> usable_processors(pid_t thread, std::span<std::byte> bits);
// sched_setaffinity(2). EINVAL: none of them is there.
Result<> set_usable_processors(pid_t thread, std::span<const std::byte> bits);
// To what the process could use when the first thread was set.
void reset_usable_processors(pid_t thread);
// sched_rr_get_interval(2) of this thread.
Result<timespec> time_slice();

// What the machine tells everybody: /proc/NAME of the host. ENOENT without it.
Result<std::string> machine_text(const char* name);

}  // namespace rawposix::host
