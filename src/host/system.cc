// SPDX-License-Identifier: Apache-2.0
#include "host/system.h"

#include <sched.h>
#include <sys/random.h>

namespace rawposix::host {

utsname kernel_name() {
  utsname name{};
  uname(&name);
  return name;
}

void read_system_information(struct sysinfo& information) { ::sysinfo(&information); }

Result<int64_t> random_bytes(iovec range, unsigned flags) {
  ssize_t count = getrandom(range.iov_base, range.iov_len, flags);
  if (count < 0) return Errno::last();
  return count;
}

Result<CpuAndNode> current_cpu() {
  CpuAndNode here{};
  if (getcpu(&here.cpu, &here.node) != 0) return Errno::last();
  return here;
}

}  // namespace rawposix::host
