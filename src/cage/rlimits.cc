// SPDX-License-Identifier: Apache-2.0
#include "cage/rlimits.h"

#include <algorithm>

#include "host/descriptors.h"
#include "host/system.h"
#include "sfi/layout.h"

namespace rawposix::cage {
namespace {

// A cage's whole address space; no limit above it has a meaning.
constexpr rlim_t kStackDefault = 8 * 1024 * 1024;
constexpr rlim_t kStackMost = rlim_t{1} << 30;
// Each takes memory of the host's, and where the host sets no limit a guest would have millions.
constexpr rlim_t kMostDescriptors = 65'536;

rlimit at_most(rlimit limit, rlim_t most) {
  return {std::min(limit.rlim_cur, most), std::min(limit.rlim_max, most)};
}

}  // namespace

Rlimits Rlimits::of_host() {
  Rlimits limits;
  for (unsigned resource = 0; resource < RLIM_NLIMITS; resource++) {
    limits.limits_[resource] =
        host::resource_limit(resource).value_or({RLIM_INFINITY, RLIM_INFINITY});
  }
  // The host's own bounds on address space and processes apply to the host, not to a cage.
  limits.limits_[RLIMIT_AS] = {RLIM_INFINITY, RLIM_INFINITY};
  limits.limits_[RLIMIT_NOFILE] = at_most(host::original_descriptor_limit(), kMostDescriptors);
  rlimit& stack = limits.limits_[RLIMIT_STACK];
  stack = at_most(stack, kStackMost);
  if (stack.rlim_cur == kStackMost) stack.rlim_cur = std::min(stack.rlim_max, kStackDefault);
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
