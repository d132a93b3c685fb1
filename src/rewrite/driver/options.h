// SPDX-License-Identifier: Apache-2.0
// The command line of rawposix-as: that of GNU as, and a few options of its own.
#pragma once

#include <string>
#include <vector>

#include "rewrite/refusal.h"
#include "rewrite/rewriter.h"
#include "support/result.h"

namespace rawposix::rewrite {

struct DriverOptions {
  enum class Action : uint8_t { kAssemble, kPrintRewritten, kPassThrough };

  Action action = Action::kAssemble;
  std::string real_as;  // a path, or a name to look up on PATH
  std::string output = "a.out";
  std::vector<std::string> inputs;     // none: standard input
  std::vector<std::string> forwarded;  // everything the real assembler gets, but inputs and output
  RewriteOptions rewrite;
};

// `arguments` without the program's name.
Result<DriverOptions, Refusal> parse_options(std::vector<std::string> arguments);

}  // namespace rawposix::rewrite
