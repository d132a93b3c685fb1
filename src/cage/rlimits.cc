// SPDX-License-Identifier: Apache-2.0
#include "cage/rlimits.h"

#include <algorithm>

#include "host/descriptors.h"
#include "host/system.h"
#include "sfi/layout.h"

namespace rawposix::cage {
namespace {

// Each takes memory of the host's, and where the host sets no limit a guest would have millions.
constexpr rlim_t kMostDescriptors = 65'536;

rlimit at_most(rlimit limit, rlim_t most) {
  return {std::min(limit.rlim_cur, most), std::min(limit.rlim_max, most)};
}

}  // namespace

Rlimits Rlimits::of_host() {
  Rlimits limits;
  for (unsigned resource = 0; resource < RLIM_NLIMITS; resource++) {
    if (resource == RLIMIT_AS || resource == RLIMIT_NOFILE) continue;
    limits.limits_[resource] =
        host::resource_limit(resource).value_or({RLIM_INFINITY, RLIM_INFINITY});
  }
  // The host's own bounds on address space and processes apply to the host, not to a cage.
  limits.limits_[RLIMIT_AS] = {RLIM_INFINITY, RLIM_INFINITY};
  limits.limits_[RLIMIT_NOFILE] = at_most(host::original_descriptor_limit(), kMostDescriptors);
  limits.limits_[RLIMIT_CORE].rlim_cur = 0;
  return limits;
}

Result<> Rlimits::set(unsigned resource, rlimit limit) {
  if (limit.rlim_cur > limit.rlim_max) return Errno(EINVAL);
  if (limit.rlim_max > limits_[resource].rlim_max) return Errno(EPERM);
  limits_[resource] = limit;
  return {};
}

}  // namespace rawposix::cage
