// SPDX-License-Identifier: Apache-2.0
// From a GNU assembly source to one that assembles to code for cages. Lines stay lines: what a
// statement turns into is printed on its own line, so that gas's messages and the line numbers it
// writes for debuggers are those of the original.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/context.h"
#include "rewrite/statement.h"

namespace rawposix::rewrite {

struct Diagnostic {
  uint32_t line;
  std::string statement;
  std::string reason;
  std::string origin;  // "main.c:12" where the source tells what it was made from
};

struct Rewritten {
  std::string text;
  std::vector<Diagnostic> errors;
};

struct RewriteOptions {
  std::string_view file_name = "<stdin>";
  SyscallEntry syscall_entry = SyscallEntry::kPreservesVectors;
  std::vector<std::string> include_directories;
  std::vector<std::string> definitions;  // "NAME=VALUE" of --defsym
};

Rewritten rewrite(std::string_view source, const RewriteOptions& options);

}  // namespace rawposix::rewrite
