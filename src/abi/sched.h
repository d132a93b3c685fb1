// SPDX-License-Identifier: Apache-2.0
// sched_setattr(2)
#pragma once

#include <cstdint>

namespace rawposix::abi {

// linux/sched/types.h, struct sched_attr; that header goes with no C library's <sched.h>.
struct SchedAttributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;  // of SCHED_DEADLINE, as the next two
  uint64_t deadline;
  uint64_t period;
  uint32_t least_utilisation;
  uint32_t most_utilisation;
};
static_assert(sizeof(SchedAttributes) == 56);

}  // namespace rawposix::abi
