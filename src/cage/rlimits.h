// SPDX-License-Identifier: Apache-2.0
// Resource limits of a cage, as getrlimit(2) has them. They start as the invoking process's own,
// cut to what a cage can have.
#pragma once

#include <sys/resource.h>

#include <array>

#include "support/result.h"

namespace rawposix::cage {

class Rlimits {
 public:
  static Rlimits of_host();

  rlimit get(unsigned resource) const { return limits_[resource]; }
  // EINVAL for soft above hard, EPERM for raising the hard limit without privilege.
  Result<> set(unsigned resource, rlimit limit);

 private:
  std::array<rlimit, RLIM_NLIMITS> limits_{};
};

}  // namespace rawposix::cage
