// SPDX-License-Identifier: Apache-2.0
#include "rewrite/statement.h"

#include <algorithm>
#include <array>
#include <string>

#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

// The characters that end a statement or need a closer look.
constexpr std::array<bool, 256> make_specials() {
  std::array<bool, 256> specials{};
  for (const char c : {'\n', ';', '#', '"', '\'', '/'})
    specials[static_cast<unsigned char>(c)] = true;
  return specials;
}
constexpr std::array<bool, 256> kSpecial = make_specials();

class Splitter {
 public:
  Splitter(std::string_view text, uint32_t first_line, LineNumbers numbers, StringPool& pool,
           std::vector<Statement>& out)
      : text_(text), line_(first_line), numbers_(numbers), pool_(pool), out_(out) {}

  void run() {
    while (at_ < text_.size()) {
      skip_to_special();
      if (at_ >= text_.size()) break;
      handle_special();
    }
    end_statement();
  }

 private:
  void skip_to_special() {
    while (at_ < text_.size() && !kSpecial[static_cast<unsigned char>(text_[at_])]) ++at_;
  }

  void handle_special() {
    switch (text_[at_]) {
      case '\n':
        end_statement();
        next_line();
        break;
      case ';':
        end_statement();
        start_ = ++at_;
        break;
      case '#':
        comment();
        break;
      case '"':
        string();
        break;
      case '\'':
        at_ = std::min(text_.size(), at_ + character_constant_size(text_.substr(at_)));
        break;
      default:
        slash();
    }
  }

  void next_line() {
    if (numbers_ == LineNumbers::kCount) ++line_;
    start_ = line_start_ = ++at_;
  }

  bool at_line_start() const {
    return joined_.empty() && trim(text_.substr(line_start_, at_ - line_start_)).empty();
  }

  void comment() {
    const bool marker_possible = at_line_start();
    const size_t hash = at_;
    end_statement();
    at_ = std::min(text_.size(), text_.find('\n', hash));
    const std::string_view rest = trim(text_.substr(hash + 1, at_ - hash - 1));
    if (marker_possible && !rest.empty() && is_digit(rest.front())) {
      out_.push_back({text_.substr(hash, at_ - hash), line_, Statement::kLineMarker});
    }
    start_ = at_;
  }

  void string() {
    const size_t end = at_ + quoted_size(text_.substr(at_));
    if (numbers_ == LineNumbers::kCount) {
      line_ += static_cast<uint32_t>(std::count(text_.begin() + at_, text_.begin() + end, '\n'));
    }
    at_ = end;
  }

  void slash() {
    if (text_.substr(at_).starts_with("/*")) {
      const size_t end = text_.find("*/", at_ + 2);
      const size_t after = end == std::string_view::npos ? text_.size() : end + 2;
      // A comment counts as one blank. The statement is no longer one piece of the source.
      joined_.append(text_.substr(start_, at_ - start_)).push_back(' ');
      if (numbers_ == LineNumbers::kCount) {
        line_ +=
            static_cast<uint32_t>(std::count(text_.begin() + at_, text_.begin() + after, '\n'));
      }
      start_ = at_ = after;
    } else if (at_line_start()) {
      at_ = std::min(text_.size(), text_.find('\n', at_));
      start_ = at_;
    } else {
      ++at_;
    }
  }

  void end_statement() {
    std::string_view text = text_.substr(start_, at_ - start_);
    if (!joined_.empty()) {
      joined_.append(text);
      text = trim(joined_).empty() ? std::string_view() : pool_.keep(joined_);
      joined_.clear();
    }
    start_ = at_;
    emit(trim(text));
  }

  void emit(std::string_view text) {
    while (!text.empty()) {
      const size_t name_size = text.front() == '"' ? quoted_size(text) : leading_name(text).size();
      const std::string_view rest = trim_left(text.substr(name_size));
      if (name_size == 0 || rest.empty()) break;
      if (rest.front() == '=') {
        out_.push_back({text, line_, Statement::kAssignment});
        return;
      }
      if (rest.front() != ':') break;
      out_.push_back({text.substr(0, name_size), line_, Statement::kLabel});
      text = trim_left(rest.substr(1));
    }
    if (text.empty()) return;
    out_.push_back(
        {text, line_, text.front() == '.' ? Statement::kDirective : Statement::kInstruction});
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t start_ = 0;
  size_t line_start_ = 0;
  uint32_t line_;
  LineNumbers numbers_;
  std::string joined_;
  StringPool& pool_;
  std::vector<Statement>& out_;
};

}  // namespace

std::string_view Statement::name() const { return leading_name(text); }

std::string_view Statement::arguments() const {
  return trim_left(text.substr(leading_name(text).size()));
}

void split_statements(std::string_view text, uint32_t first_line, LineNumbers numbers,
                      StringPool& pool, std::vector<Statement>& out) {
  Splitter(text, first_line, numbers, pool, out).run();
}

}  // namespace rawposix::rewrite
