// SPDX-License-Identifier: Apache-2.0
// How many descriptors this process may have open (RLIMIT_NOFILE).
#pragma once

#include <sys/resource.h>

#include "support/budget.h"
#include "support/result.h"

namespace rawposix::host {

// Lets the process have as many as its hard limit allows, once; and opens what this layer keeps
// open. Before any other thread opens files.
Result<> prepare_descriptors();

// The limit as it was before, which is what programs started from this process would see.
rlimit original_descriptor_limit();

// What guests may have of them; the rest is for whatever else runs in this process.
Budget& descriptor_budget();

}  // namespace rawposix::host
