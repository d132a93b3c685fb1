// SPDX-License-Identifier: Apache-2.0
// What rawposix-as does with its options.
#pragma once

#include "rewrite/driver/options.h"

namespace rawposix::rewrite {

// Returns the exit status; messages go to standard error.
int assemble(const DriverOptions& options);

}  // namespace rawposix::rewrite
