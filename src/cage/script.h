// SPDX-License-Identifier: Apache-2.0
// Programs that begin with "#!" and are run by another (man 2 execve, "Interpreter scripts").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/result.h"

namespace rawposix::cage {

// Interpreters that are scripts themselves; then ELOOP.
inline constexpr int kMostScripts = 5;

struct Script {
  std::string interpreter;
  std::string argument;  // may be empty
};

// Nothing, if the file is no script. ENOEXEC if it begins like one.
Result<std::optional<Script>> read_script(int fd);
// Makes the arguments of the script at `path` those of its interpreter.
void put_interpreter(const Script& script, const std::string& path,
                     std::vector<std::string>& arguments);

}  // namespace rawposix::cage
