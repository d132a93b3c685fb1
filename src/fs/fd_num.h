// SPDX-License-Identifier: Apache-2.0
// A descriptor number as a guest gives it: not checked yet, maybe AT_FDCWD.
#pragma once

#include <cstdint>

namespace rawposix::fs {

struct FdNum {
  int32_t value = -1;
  friend constexpr bool operator==(FdNum, FdNum) = default;
};

}  // namespace rawposix::fs
