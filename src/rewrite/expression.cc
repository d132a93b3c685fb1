// SPDX-License-Identifier: Apache-2.0
#include "rewrite/expression.h"

#include <charconv>

namespace rawposix::rewrite {
namespace {

// gas's levels of precedence, highest first ("Infix Operators" in its manual).
int precedence(std::string_view op) {
  if (op == "*" || op == "/" || op == "%" || op == "<<" || op == ">>") return 4;
  if (op == "|" || op == "&" || op == "^" || op == "!") return 3;
  if (op == "+" || op == "-" || op == "==" || op == "<>" || op == "!=" || op == "<" || op == ">" ||
      op == ">=" || op == "<=") {
    return 2;
  }
  if (op == "&&") return 1;
  return 0;  // "||"
}

class Evaluator {
 public:
  Evaluator(std::string_view text, const SymbolValue& symbols) : text_(text), symbols_(symbols) {}

  std::optional<int64_t> run() {
    const std::optional<int64_t> value = binary(0, 0);
    if (!trim(text_).empty()) return std::nullopt;
    return value;
  }

 private:
  static constexpr int kMaxDepth = 100;

  static std::string_view operator_at(std::string_view text) {
    for (const std::string_view op : {"<<", ">>", "==", "<>", "!=", ">=", "<=", "&&", "||"}) {
      if (text.starts_with(op)) return text.substr(0, 2);
    }
    if (!text.empty() && std::string_view("*/%|&^!+-<>").find(text.front()) != text.npos) {
      return text.substr(0, 1);
    }
    return {};
  }

  static std::optional<int64_t> apply(std::string_view op, int64_t left, int64_t right) {
    const auto a = static_cast<uint64_t>(left);
    const auto b = static_cast<uint64_t>(right);
    const auto wrap = [](uint64_t value) { return static_cast<int64_t>(value); };
    const auto truth = [](bool value) { return value ? int64_t{-1} : int64_t{0}; };
    if (op == "*") return wrap(a * b);
    if (op == "/" || op == "%") {
      if (right == 0 || (right == -1 && left == INT64_MIN)) return std::nullopt;
      return op == "/" ? left / right : left % right;
    }
    if (op == "<<") return b < 64 ? wrap(a << b) : 0;
    if (op == ">>") return b < 64 ? wrap(a >> b) : 0;
    if (op == "|") return wrap(a | b);
    if (op == "&") return wrap(a & b);
    if (op == "^") return wrap(a ^ b);
    if (op == "!") return wrap(a | ~b);
    if (op == "+") return wrap(a + b);
    if (op == "-") return wrap(a - b);
    if (op == "==") return truth(left == right);
    if (op == "<>" || op == "!=") return truth(left != right);
    if (op == "<") return truth(left < right);
    if (op == ">") return truth(left > right);
    if (op == ">=") return truth(left >= right);
    if (op == "<=") return truth(left <= right);
    if (op == "&&") return left != 0 && right != 0 ? 1 : 0;
    return left != 0 || right != 0 ? 1 : 0;
  }

  std::optional<int64_t> binary(int level, int depth) {
    std::optional<int64_t> left = unary(depth);
    while (left.has_value()) {
      text_ = trim_left(text_);
      const std::string_view op = operator_at(text_);
      if (op.empty() || precedence(op) < level) break;
      text_.remove_prefix(op.size());
      const std::optional<int64_t> right = binary(precedence(op) + 1, depth + 1);
      if (!right.has_value()) return std::nullopt;
      left = apply(op, *left, *right);
    }
    return left;
  }

  std::optional<int64_t> unary(int depth) {
    text_ = trim_left(text_);
    if (text_.empty() || depth > kMaxDepth) return std::nullopt;
    const char c = text_.front();
    if (c == '-' || c == '+' || c == '~' || c == '!') {
      text_.remove_prefix(1);
      const std::optional<int64_t> value = unary(depth + 1);
      if (!value.has_value() || c == '+') return value;
      if (c == '-') return static_cast<int64_t>(0 - static_cast<uint64_t>(*value));
      return c == '~' ? ~*value : static_cast<int64_t>(*value == 0);
    }
    if (c == '(') {
      text_.remove_prefix(1);
      const std::optional<int64_t> value = binary(0, depth + 1);
      text_ = trim_left(text_);
      if (text_.empty() || text_.front() != ')') return std::nullopt;
      text_.remove_prefix(1);
      return value;
    }
    if (c == '\'') return character();
    return is_digit(c) ? number() : symbol();
  }

  std::optional<int64_t> character() {
    const size_t size = character_constant_size(text_);
    const std::string_view constant = text_.substr(0, size);
    text_.remove_prefix(size);
    if (size < 2) return std::nullopt;
    if (constant[1] != '\\') return static_cast<unsigned char>(constant[1]);
    if (size < 3) return std::nullopt;
    switch (constant[2]) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case '\\':
      case '\'':
      case '"':
        return constant[2];
      default:
        return std::nullopt;
    }
  }

  std::optional<int64_t> number() {
    const std::string_view word = leading_name(text_);
    std::string_view digits = word;
    int base = 10;
    if (word.starts_with("0x") || word.starts_with("0X")) {
      base = 16;
      digits.remove_prefix(2);
    } else if (word.starts_with("0b") || word.starts_with("0B")) {
      base = 2;
      digits.remove_prefix(2);
    } else if (word.size() > 1 && word.front() == '0') {
      base = 8;
      digits.remove_prefix(1);
    }
    // C's suffixes, as in "0L(%rax)" that objdump prints and gas takes.
    while (base != 16 && !digits.empty() && (digits.back() | 0x20) == 'l') digits.remove_suffix(1);
    if (digits.empty() && word.front() == '0' && base != 16) digits = "0";
    uint64_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    text_.remove_prefix(word.size());
    return static_cast<int64_t>(value);
  }

  std::optional<int64_t> symbol() {
    const size_t size = text_.front() == '"' ? quoted_size(text_) : leading_name(text_).size();
    if (size == 0 || !symbols_) return std::nullopt;
    const std::string_view name = text_.substr(0, size);
    text_.remove_prefix(size);
    if (!text_.empty() && text_.front() == '@') return std::nullopt;
    return symbols_(name);
  }

  std::string_view text_;
  const SymbolValue& symbols_;
};

}  // namespace

std::optional<int64_t> evaluate(std::string_view text, const SymbolValue& symbols) {
  return Evaluator(text, symbols).run();
}

}  // namespace rawposix::rewrite
