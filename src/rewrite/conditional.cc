// SPDX-License-Identifier: Apache-2.0
#include "rewrite/conditional.h"

#include <algorithm>
#include <array>

#include "rewrite/expression.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

constexpr std::array<std::string_view, 20> kConditionals = {
    ".if",   ".ifdef", ".ifndef", ".ifnotdef", ".ifb",   ".ifnb", ".ifc",
    ".ifnc", ".ifeqs", ".ifnes",  ".ifeq",     ".ifne",  ".ifge", ".ifgt",
    ".ifle", ".iflt",  ".elseif", ".else",     ".elsec", ".endif"};

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

bool are_equal_strings(std::string_view arguments) {
  std::array<std::string_view, 2> sides;
  size_t count = 0;
  for_each_argument(arguments, [&](std::string_view side) {
    if (count < sides.size()) sides[count] = unquote(side);
    ++count;
    return true;
  });
  return sides[0] == sides[1];
}

Result<bool, Refusal> compare(std::string_view directive, std::string_view arguments,
                              const KnownValues& values) {
  const std::optional<int64_t> value = values.evaluate(arguments);
  if (!value.has_value()) {
    return Refusal{"the condition can't be decided before code has its final size"};
  }
  if (directive == ".ifeq") return *value == 0;
  if (directive == ".ifge") return *value >= 0;
  if (directive == ".ifgt") return *value > 0;
  if (directive == ".ifle") return *value <= 0;
  if (directive == ".iflt") return *value < 0;
  return *value != 0;
}

Result<bool, Refusal> holds(std::string_view directive, std::string_view arguments,
                            const KnownValues& values) {
  if (directive == ".ifdef") return values.is_defined(arguments);
  if (directive == ".ifndef" || directive == ".ifnotdef") return !values.is_defined(arguments);
  if (directive == ".ifb") return arguments.empty();
  if (directive == ".ifnb") return !arguments.empty();
  if (directive == ".ifc" || directive == ".ifeqs") return are_equal_strings(arguments);
  if (directive == ".ifnc" || directive == ".ifnes") return !are_equal_strings(arguments);
  return compare(directive, arguments, values);
}

}  // namespace

void KnownValues::assign(std::string_view name, std::string_view expression) {
  values_[std::string(trim(name))] = evaluate(trim(expression));
}

void KnownValues::note(const Statement& statement) {
  if (statement.kind == Statement::kLabel) {
    values_[std::string(statement.text)] = std::nullopt;
  } else if (statement.kind == Statement::kAssignment) {
    const size_t equals = statement.text.find('=');
    std::string_view value = statement.text.substr(equals + 1);
    if (!value.empty() && value.front() == '=') value.remove_prefix(1);
    assign(statement.text.substr(0, equals), value);
  } else if (statement.kind == Statement::kDirective) {
    const std::string_view name = statement.name();
    if (name != ".set" && name != ".equ" && name != ".equiv" && name != ".eqv") return;
    const std::string_view arguments = statement.arguments();
    const size_t comma = arguments.find(',');
    if (comma != std::string_view::npos) {
      assign(arguments.substr(0, comma), arguments.substr(comma + 1));
    }
  }
}

std::optional<int64_t> KnownValues::evaluate(std::string_view expression) const {
  return rewrite::evaluate(expression, [this](std::string_view name) {
    const auto found = values_.find(name);
    return found == values_.end() ? std::nullopt : found->second;
  });
}

bool is_conditional(std::string_view directive) {
  return std::find(kConditionals.begin(), kConditionals.end(), directive) != kConditionals.end();
}

Result<void, Refusal> Conditions::apply(std::string_view directive, std::string_view arguments,
                                        const KnownValues& values) {
  if (directive == ".endif") {
    if (levels_.empty()) return Refusal{"no condition ends here"};
    levels_.pop_back();
    return {};
  }
  if (directive == ".else" || directive == ".elsec" || directive == ".elseif") {
    if (levels_.empty()) return Refusal{"no condition to be the other branch of"};
    Level& level = levels_.back();
    level.active = false;
    if (!level.outer_active || level.decided) return {};
    level.active = directive != ".elseif" || TRY(compare(".if", arguments, values));
    level.decided = level.active;
    return {};
  }
  Level level{.outer_active = active()};
  levels_.push_back(level);  // also for a condition that can't be decided: its end will come
  if (!level.outer_active) return {};
  const bool value = TRY(holds(directive, arguments, values));
  levels_.back().active = levels_.back().decided = value;
  return {};
}

}  // namespace rawposix::rewrite
