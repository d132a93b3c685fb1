// SPDX-License-Identifier: Apache-2.0
#include "rewrite/code_writer.h"

#include <algorithm>
#include <utility>

namespace rawposix::rewrite {

void CodeWriter::start(std::string_view file_name) {
  text_ = ".bundle_align_mode 5\n# 1 \"";
  for (const char c : file_name) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += "\"\n";
}

void CodeWriter::begin(uint32_t line) {
  if (line > line_) {
    text_.append(line - line_, '\n');
    line_ = line;
  } else if (line_used_) {
    text_ += "; ";
  }
  line_used_ = true;
}

void CodeWriter::statement(const Statement& statement) {
  // A string may hold line ends; the statement then has the number of its last line.
  const auto inner =
      static_cast<uint32_t>(std::count(statement.text.begin(), statement.text.end(), '\n'));
  begin(statement.line - std::min(inner, statement.line - line_));
  text_ += statement.text;
  line_ += inner;
}

void CodeWriter::label(const Statement& statement) {
  begin(statement.line);
  text_ += statement.text;
  text_ += ':';
}

void CodeWriter::line_marker(const Statement& statement) {
  begin(statement.line);
  text_ += statement.text;
}

void CodeWriter::line(std::string_view text) {
  text_ += '\n';
  text_ += text;
}

std::string CodeWriter::take() {
  text_ += '\n';
  return std::move(text_);
}

}  // namespace rawposix::rewrite
