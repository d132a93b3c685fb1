// SPDX-License-Identifier: Apache-2.0
// The functions that a program's symbol table names. The file is not trusted: what doesn't fit is
// left out, and nothing depends on it but the names that a profile shows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "loader/elf_file.h"

namespace rawposix::debug {

struct Function {
  uint64_t address = 0;
  uint64_t size = 0;
  std::string name;
};

// The functions between `start` and `end`, by address; none if the file was stripped. A symbol
// without a size, as assembly has them, lasts until the next.
std::vector<Function> read_functions(loader::ByteSource& source, uint64_t start, uint64_t end);

}  // namespace rawposix::debug
