// SPDX-License-Identifier: Apache-2.0
#include "rewrite/macro_arguments.h"

#include <algorithm>

#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

// Whether gas keeps a blank between these characters: it ends an argument only between words.
bool separates(char before, char after) {
  const bool ends_word = is_name_char(before) || before == ')' || before == '"' || before == '}' ||
                         before == ']' || before == '\'';
  const bool starts_word =
      is_name_char(after) || std::string_view("*%-([{\"'\\").find(after) != std::string_view::npos;
  return ends_word && starts_word;
}

class ArgumentReader {
 public:
  explicit ArgumentReader(std::string_view text) : text_(trim(text)) {}

  bool done() const { return text_.empty(); }
  std::string_view rest() const { return text_; }

  // The next argument, and the separator after it.
  std::string next() {
    std::string argument;
    int depth = 0;
    while (!text_.empty()) {
      const char c = text_.front();
      if (c == '"') {
        take_quoted(argument, depth > 0);
        continue;
      }
      if (c == ',' && depth == 0) break;
      if (is_blank(c)) {
        text_ = trim_left(text_);
        if (text_.empty() || text_.front() == ',') break;
        if (depth == 0 && !argument.empty() && separates(argument.back(), text_.front())) {
          return argument;
        }
        continue;
      }
      if (c == '(') ++depth;
      if (c == ')') --depth;
      argument += c;
      text_.remove_prefix(1);
    }
    text_ = trim_left(text_);
    if (!text_.empty() && text_.front() == ',') text_ = trim_left(text_.substr(1));
    return argument;
  }

 private:
  // Quotes around a whole argument only hold it together.
  void take_quoted(std::string& argument, bool keep_quotes) {
    const size_t size = quoted_size(text_);
    const std::string_view quoted = text_.substr(0, size);
    text_.remove_prefix(size);
    if (keep_quotes || !argument.empty() || size < 2) {
      argument += quoted;
    } else {
      argument += quoted.substr(1, size - 2);
    }
  }

  std::string_view text_;
};

// "keyword=value" with a parameter's name before the sign.
const MacroParameter* keyword(const Macro& macro, std::string_view argument) {
  const std::string_view name = leading_name(argument);
  const std::string_view rest = trim_left(argument.substr(name.size()));
  if (name.empty() || rest.empty() || rest.front() != '=') return nullptr;
  for (const MacroParameter& parameter : macro.parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

}  // namespace

Result<std::pair<std::string, Macro>, Refusal> parse_macro_header(std::string_view text) {
  text = trim(text);
  const std::string name(leading_name(text));
  if (name.empty()) return Refusal{"a macro needs a name"};
  text = trim_left(text.substr(name.size()));
  if (!text.empty() && text.front() == ',') text = trim_left(text.substr(1));
  Macro macro;
  while (!text.empty()) {
    MacroParameter parameter;
    parameter.name = leading_name(text);
    if (parameter.name.empty()) return Refusal{"can't read the macro's parameters"};
    text = trim_left(text.substr(parameter.name.size()));
    if (text.starts_with(":req")) parameter.required = true;
    if (text.starts_with(":vararg")) parameter.variadic = true;
    if (!text.empty() && text.front() == ':') {
      text = trim_left(text.substr(1 + leading_name(text.substr(1)).size()));
    }
    if (!text.empty() && text.front() == '=') {
      ArgumentReader reader(text.substr(1));
      parameter.initial = reader.next();
      text = reader.rest();
    } else if (!text.empty() && text.front() == ',') {
      text = trim_left(text.substr(1));
    }
    macro.parameters.push_back(std::move(parameter));
  }
  return std::pair(name, std::move(macro));
}

std::vector<std::string> split_macro_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  for (ArgumentReader reader(text); !reader.done();) arguments.push_back(reader.next());
  return arguments;
}

Result<Bindings, Refusal> bind_arguments(const Macro& macro, std::string_view arguments) {
  Bindings bindings;
  std::vector<bool> given(macro.parameters.size());
  for (const MacroParameter& parameter : macro.parameters) {
    bindings.emplace_back(parameter.name, parameter.initial);
  }
  size_t position = 0;
  ArgumentReader reader(arguments);
  while (!reader.done()) {
    if (position < macro.parameters.size() && macro.parameters[position].variadic) {
      bindings[position].second = reader.rest();
      given[position] = true;
      break;
    }
    const MacroParameter* named = keyword(macro, reader.rest());
    size_t target = position;
    std::string value = reader.next();
    if (named != nullptr) {
      target = static_cast<size_t>(named - macro.parameters.data());
      value = trim(std::string_view(value).substr(value.find('=') + 1));
    } else {
      ++position;
    }
    if (target >= macro.parameters.size()) return Refusal{"too many arguments for the macro"};
    given[target] = !value.empty();
    if (!value.empty()) bindings[target].second = std::move(value);
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (macro.parameters[i].required && !given[i]) {
      return Refusal{"the macro needs a value for " + macro.parameters[i].name};
    }
  }
  return bindings;
}

std::string substitute(std::string_view body, const Bindings& bindings, unsigned count) {
  std::string out;
  size_t at = 0;
  while (at < body.size()) {
    const size_t slash = std::min(body.find('\\', at), body.size());
    out.append(body, at, slash - at);
    if (slash == body.size()) break;
    const std::string_view rest = body.substr(slash + 1);
    const std::string_view name = leading_name(rest);
    const auto bound = std::find_if(bindings.begin(), bindings.end(),
                                    [&](const auto& binding) { return binding.first == name; });
    if (rest.starts_with("()")) {
      at = slash + 3;
    } else if (rest.starts_with("@")) {
      out += std::to_string(count);
      at = slash + 2;
    } else if (bound != bindings.end()) {
      out += bound->second;
      at = slash + 1 + name.size();
    } else {
      out += '\\';
      at = slash + 1;
      // An escaped backslash isn't the start of a name.
      if (rest.starts_with("\\")) {
        out += '\\';
        ++at;
      }
    }
  }
  return out;
}

}  // namespace rawposix::rewrite
