// SPDX-License-Identifier: Apache-2.0
// Where a statement came from before it was assembly.
#pragma once

#include <string>
#include <vector>

#include "rewrite/statement.h"

namespace rawposix::rewrite {

// "main.c:12" by the nearest line marker or .loc before statements[at]; empty where none tells.
std::string origin_of(const std::vector<Statement>& statements, size_t at);

}  // namespace rawposix::rewrite
