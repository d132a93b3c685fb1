// SPDX-License-Identifier: Apache-2.0
// .macro, .rept, .irp, .irpc, .if and .include, carried out before anything else ("Macro",
// "Conditionals" in the gas manual): what they make has to be rewritten too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rewrite/rewriter.h"
#include "rewrite/statement.h"
#include "rewrite/string_pool.h"

namespace rawposix::rewrite {

// A quick test whether the source may need expansion at all.
bool may_have_macros(std::string_view source);

// Statements made by a macro have the line of its use.
std::vector<Statement> expand_macros(const std::vector<Statement>& statements,
                                     const RewriteOptions& options, StringPool& pool,
                                     std::vector<Diagnostic>& errors);

}  // namespace rawposix::rewrite
