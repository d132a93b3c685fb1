// SPDX-License-Identifier: Apache-2.0
// Sources from files and standard input.
#pragma once

#include <string>
#include <vector>

#include "rewrite/refusal.h"
#include "support/result.h"

namespace rawposix::rewrite {

// The file's content; "-" and "--" are standard input.
Result<std::string, Refusal> read_file(const std::string& path);

// One source out of all inputs, as gas makes it; line markers keep the later ones apart.
Result<std::string, Refusal> read_inputs(const std::vector<std::string>& paths);

}  // namespace rawposix::rewrite
