// SPDX-License-Identifier: Apache-2.0
// Assembly expressions: constants evaluated, symbols found.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "rewrite/text.h"

namespace rawposix::rewrite {

// Gives a symbol's value, or nothing where it has none (yet).
using SymbolValue = std::function<std::optional<int64_t>(std::string_view)>;

// The value of an expression of constants, gas's operators and symbols that `symbols` knows;
// nothing for any other text.
std::optional<int64_t> evaluate(std::string_view text, const SymbolValue& symbols = {});

struct SymbolUse {
  std::string_view name;    // quotes kept
  std::string_view suffix;  // "GOTPCREL" of name@GOTPCREL
  bool subtracted;          // right after a minus sign
};

namespace detail {
inline size_t symbol_size(std::string_view text) {
  if (text.front() == '"') return quoted_size(text);
  const size_t size = leading_name(text).size();
  // "1f" and "1b" name numeric labels; any other word that starts with a digit is a number.
  if (!is_digit(text.front())) return size;
  const bool reference = (text[size - 1] == 'f' || text[size - 1] == 'b') &&
                         text.find_first_not_of("0123456789") == size - 1 && size > 1;
  return reference ? size : 0;
}
}  // namespace detail

// Calls visit(SymbolUse) for each symbol in an expression. Register names aren't symbols.
template <class Visitor>
void for_each_symbol(std::string_view text, Visitor visit) {
  size_t at = 0;
  char before = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '%') {  // a register, or the remainder operator in a constant
      at += 1 + leading_name(text.substr(at + 1)).size();
    } else if (c == '\'') {
      at += character_constant_size(text.substr(at));
    } else if (c != '"' && !is_name_char(c)) {
      if (!is_blank(c)) before = c;
      ++at;
      continue;
    } else {
      const std::string_view rest = text.substr(at);
      const size_t size = detail::symbol_size(rest);
      const size_t word = size == 0 ? leading_name(rest).size() : size;
      std::string_view suffix;
      if (word < rest.size() && rest[word] == '@') suffix = leading_name(rest.substr(word + 1));
      if (size != 0 && rest.substr(0, size) != ".") {
        visit(SymbolUse{rest.substr(0, size), suffix, before == '-'});
      }
      at += word + (suffix.empty() ? 0 : suffix.size() + 1);
    }
    before = 'x';
  }
}

}  // namespace rawposix::rewrite
