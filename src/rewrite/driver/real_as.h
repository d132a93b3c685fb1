// SPDX-License-Identifier: Apache-2.0
// Running GNU as.
#pragma once

#include <string>
#include <vector>

#include "rewrite/refusal.h"
#include "support/result.h"

namespace rawposix::rewrite {

// Runs `program`, or the one on PATH where it is empty, and returns its exit status. It reads
// `input`, or our own standard input for null.
Result<int, Refusal> run_real_as(const std::string& program,
                                 const std::vector<std::string>& arguments,
                                 const std::string* input);

}  // namespace rawposix::rewrite
