// SPDX-License-Identifier: Apache-2.0
#include "rewrite/origin.h"

#include "rewrite/expression.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

std::string_view next_word(std::string_view& text) {
  text = trim_left(text);
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

// The name in ".file 1 "name"" or ".file 1 "directory" "name"".
std::string file_name(const std::vector<Statement>& statements, std::string_view number) {
  for (const Statement& statement : statements) {
    if (statement.kind != Statement::kDirective || statement.name() != ".file") continue;
    std::string_view rest = statement.arguments();
    if (next_word(rest) != number) continue;
    const size_t end = rest.rfind('"');
    if (end == std::string_view::npos || end == 0) continue;
    const size_t start = rest.rfind('"', end - 1);
    if (start == std::string_view::npos) continue;
    return std::string(rest.substr(start + 1, end - start - 1));
  }
  return "file " + std::string(number);
}

std::string from_loc(const std::vector<Statement>& statements, const Statement& loc) {
  std::string_view rest = loc.arguments();
  const std::string_view number = next_word(rest);
  const std::string_view line = next_word(rest);
  return file_name(statements, number) + ':' + std::string(line);
}

// "# 12 "file.c" 2": the marker tells the number of the line after it.
std::string from_marker(const Statement& marker, uint32_t line) {
  std::string_view rest = marker.text.substr(1);
  const int64_t number = evaluate(next_word(rest)).value_or(0);
  const std::string_view name = trim_left(rest);
  if (name.size() < 2 || name.front() != '"') return {};
  const int64_t offset = static_cast<int64_t>(line) - marker.line - 1;
  return std::string(name.substr(1, quoted_size(name) - 2)) + ':' + std::to_string(number + offset);
}

}  // namespace

std::string origin_of(const std::vector<Statement>& statements, size_t at) {
  for (size_t i = at + 1; i-- > 0;) {
    const Statement& statement = statements[i];
    if (statement.kind == Statement::kLineMarker) {
      return from_marker(statement, statements[at].line);
    }
    if (statement.kind == Statement::kDirective && statement.name() == ".loc") {
      return from_loc(statements, statement);
    }
  }
  return {};
}

}  // namespace rawposix::rewrite
