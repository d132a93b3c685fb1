// SPDX-License-Identifier: Apache-2.0
// Parameters and arguments of macros, and their substitution.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rewrite/refusal.h"
#include "support/result.h"

namespace rawposix::rewrite {

struct MacroParameter {
  std::string name;
  std::string initial;  // the value where no argument is given
  bool required = false;
  bool variadic = false;
};

struct Macro {
  std::vector<MacroParameter> parameters;
  std::string body;
};

// Values by name.
using Bindings = std::vector<std::pair<std::string, std::string>>;

// "name a, b=1, c:req, d:vararg": what follows .macro.
Result<std::pair<std::string, Macro>, Refusal> parse_macro_header(std::string_view text);

// Arguments are separated by commas or blanks; quotes and parentheses hold them together.
std::vector<std::string> split_macro_arguments(std::string_view text);

Result<Bindings, Refusal> bind_arguments(const Macro& macro, std::string_view arguments);

// The body with \name replaced by values, \@ by `count` and \() by nothing.
std::string substitute(std::string_view body, const Bindings& bindings, unsigned count);

}  // namespace rawposix::rewrite
