// SPDX-License-Identifier: Apache-2.0
// An assembly source as the statements gas sees in it: comments gone, labels and what follows them
// apart, line numbers kept.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rewrite/string_pool.h"

namespace rawposix::rewrite {

struct Statement {
  enum Kind : uint8_t {
    kLabel,        // text is the name without the colon
    kDirective,    // text starts with a dot
    kAssignment,   // name = expression
    kInstruction,  // anything else
    kLineMarker,   // "# 12 "file.c" 1", left by the preprocessor
  };

  std::string_view text;
  uint32_t line;  // in the source given, from 1; a macro's statements have its call's line
  Kind kind;

  // The directive's name with its dot, and what follows it.
  std::string_view name() const;
  std::string_view arguments() const;
};

// Appends the statements of `text`. Lines are numbered from `first_line`, or all get that number.
enum class LineNumbers : uint8_t { kCount, kFixed };
void split_statements(std::string_view text, uint32_t first_line, LineNumbers numbers,
                      StringPool& pool, std::vector<Statement>& out);

}  // namespace rawposix::rewrite
