// SPDX-License-Identifier: Apache-2.0
// The rewritten source, each statement on the line of the one it comes from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rewrite/statement.h"

namespace rawposix::rewrite {

class CodeWriter {
 public:
  // The header; gas counts lines of `file_name` from here.
  void start(std::string_view file_name);

  // Goes to a statement's line; what is appended to text() then is one or more statements.
  void begin(uint32_t line);
  std::string& text() { return text_; }

  // Statements unchanged.
  void statement(const Statement& statement);
  void label(const Statement& statement);
  void line_marker(const Statement& statement);
  // A line of its own after everything else.
  void line(std::string_view text);

  std::string take();

 private:
  std::string text_;
  uint32_t line_ = 1;
  bool line_used_ = false;
};

}  // namespace rawposix::rewrite
