// SPDX-License-Identifier: Apache-2.0
#include "rewrite/driver/options.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

// Options of GNU as whose value is the next argument.
constexpr std::array<std::string_view, 12> kWithValue = {"-I",
                                                         "-o",
                                                         "--MD",
                                                         "-MD",
                                                         "--defsym",
                                                         "-defsym",
                                                         "--debug-prefix-map",
                                                         "--hash-size",
                                                         "--listing-lhs-width",
                                                         "--listing-lhs-width2",
                                                         "--listing-rhs-width",
                                                         "--listing-cont-lines"};

// They only print something.
constexpr std::array<std::string_view, 6> kInformative = {
    "--version", "-version", "--help", "--target-help", "--dump-config", "-help"};

struct RefusedOption {
  std::string_view prefix;
  std::string_view reason;
};
constexpr std::array<RefusedOption, 10> kRefusedOptions = {{
    {"--32", "cages run 64-bit code only"},
    {"--x32", "cages have 64-bit pointers"},
    {"-msyntax=intel", "Intel syntax isn't supported"},
    {"-mmnemonic=intel", "Intel mnemonics aren't supported"},
    {"-mnaked-reg", "registers need their % sign"},
    {"-mlfence", "it would insert fences into guard sequences"},
    {"-R", "data can't be folded into code"},
    {"-M", "MRI syntax isn't supported"},
    {"--mri", "MRI syntax isn't supported"},
    {"--alternate", "alternate macro syntax isn't supported"},
}};

// Options that change where instructions lie; bundles decide that here.
bool is_dropped(std::string_view option) {
  return option.starts_with("-malign-branch") || option.starts_with("-mbranches-within") ||
         option.starts_with("-mrelax-relocations") || option == "-madd-bnd-prefix" ||
         option == "-f";
}

bool contains(const auto& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Arguments in a response file are separated by blanks; quotes and backslashes work as in
// libiberty's buildargv.
std::vector<std::string> split_response(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (quote == 0 && (is_blank(c) || c == '\n')) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == '\\' && quote != '\'' && at + 1 < text.size()) {
      word += text[++at];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else {
      word += c;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

// Replaces @FILE by the file's words, as long as files name files.
Result<std::vector<std::string>, Refusal> expand(std::vector<std::string> arguments) {
  constexpr int kMaxFiles = 200;
  int files = 0;
  for (size_t at = 0; at < arguments.size();) {
    const std::string argument = arguments[at];
    std::ifstream file;
    if (argument.size() > 1 && argument.front() == '@') file.open(argument.substr(1));
    if (!file.is_open()) {
      ++at;
      continue;
    }
    if (++files > kMaxFiles) return Refusal{"too many response files"};
    std::stringstream text;
    text << file.rdbuf();
    const std::vector<std::string> words = split_response(text.str());
    const auto place = arguments.erase(arguments.begin() + static_cast<ptrdiff_t>(at));
    arguments.insert(place, words.begin(), words.end());
  }
  return arguments;
}

class Parser {
 public:
  explicit Parser(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
    if (const char* path = std::getenv("RAWPOSIX_REAL_AS")) options_.real_as = path;
  }

  Result<DriverOptions, Refusal> run() {
    for (at_ = 0; at_ < arguments_.size(); ++at_) TRY(argument(arguments_[at_]));
    return std::move(options_);
  }

 private:
  Result<void, Refusal> argument(const std::string& argument) {
    if (own_option(argument)) return {};
    if (contains(kInformative, argument)) options_.action = DriverOptions::Action::kPassThrough;
    if (argument.empty() || argument.front() != '-' || argument == "-" || argument == "--") {
      options_.inputs.push_back(argument);
      return {};
    }
    for (const RefusedOption& refused : kRefusedOptions) {
      if (argument == refused.prefix ||
          (refused.prefix.starts_with("-ml") && argument.starts_with(refused.prefix))) {
        return Refusal{argument + ": " + std::string(refused.reason)};
      }
    }
    if (is_dropped(argument)) return {};
    return with_value(argument);
  }

  bool own_option(std::string_view argument) {
    constexpr std::string_view kRealAs = "--rawposix-real-as=";
    if (argument == "--fast-syscall") {
      options_.rewrite.syscall_entry = SyscallEntry::kClobbersVectors;
    } else if (argument == "--rewrite-only") {
      options_.action = DriverOptions::Action::kPrintRewritten;
    } else if (argument.starts_with(kRealAs)) {
      options_.real_as = argument.substr(kRealAs.size());
    } else {
      return false;
    }
    return true;
  }

  Result<void, Refusal> with_value(const std::string& argument) {
    std::string option = argument;
    std::string value;
    if (contains(kWithValue, argument)) {
      if (++at_ == arguments_.size()) return Refusal{argument + ": its value is missing"};
      value = arguments_[at_];
      if (option != "-o") options_.forwarded.insert(options_.forwarded.end(), {option, value});
    } else if (argument.starts_with("-I") || argument.starts_with("-o")) {
      option = argument.substr(0, 2);
      value = argument.substr(2);
      if (option != "-o") options_.forwarded.push_back(argument);
    } else {
      options_.forwarded.push_back(argument);
      if (const size_t equals = argument.find('='); equals != std::string::npos) {
        option = argument.substr(0, equals);
        value = argument.substr(equals + 1);
      }
    }
    if (option == "-o") options_.output = value;
    if (option == "-I") options_.rewrite.include_directories.push_back(value);
    if (option == "--defsym" || option == "-defsym") options_.rewrite.definitions.push_back(value);
    return {};
  }

  std::vector<std::string> arguments_;
  size_t at_ = 0;
  DriverOptions options_;
};

}  // namespace

Result<DriverOptions, Refusal> parse_options(std::vector<std::string> arguments) {
  return Parser(TRY(expand(std::move(arguments)))).run();
}

}  // namespace rawposix::rewrite
