// SPDX-License-Identifier: Apache-2.0
// Characters and blanks as gas sees them.
#pragma once

#include <string>
#include <string_view>

namespace rawposix::rewrite {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_name_char(char c) { return is_name_start(c) || is_digit(c); }

inline std::string_view trim_left(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}
inline std::string_view trim(std::string_view text) {
  text = trim_left(text);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// gas takes mnemonics and registers in either case.
inline std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return result;
}

// The leading word of name characters; empty where there is none.
inline std::string_view leading_name(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && is_name_char(text[size])) ++size;
  return text.substr(0, size);
}

// A character constant is a quote and a character (with an escape perhaps), the closing quote
// optional. Returns its length at text[0] == '\''.
inline size_t character_constant_size(std::string_view text) {
  size_t size = 1;
  if (size < text.size() && text[size] == '\\') ++size;
  if (size < text.size()) ++size;
  if (size < text.size() && text[size] == '\'') ++size;
  return size;
}

// The length of the string at text[0] == '"', both quotes included.
inline size_t quoted_size(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && text[size] != '"') size += text[size] == '\\' ? 2 : 1;
  return size < text.size() ? size + 1 : text.size();
}

// Calls visit(piece) for each part between commas outside parentheses, braces and strings, and
// stops when it returns false. No part at all for a blank text.
template <class Visitor>
void for_each_argument(std::string_view text, Visitor visit) {
  text = trim(text);
  if (text.empty()) return;
  int depth = 0;
  size_t start = 0;
  size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at += quoted_size(text.substr(at));
      continue;
    }
    if (c == '\'') {
      at += character_constant_size(text.substr(at));
      continue;
    }
    if (c == '(' || c == '{') ++depth;
    if (c == ')' || c == '}') --depth;
    if (c == ',' && depth == 0) {
      if (!visit(trim(text.substr(start, at - start)))) return;
      start = at + 1;
    }
    ++at;
  }
  visit(trim(text.substr(start)));
}

}  // namespace rawposix::rewrite
