// SPDX-License-Identifier: Apache-2.0
#include "rewrite/macro.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "rewrite/conditional.h"
#include "rewrite/driver/files.h"
#include "rewrite/macro_arguments.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

// Bounds on what a source may expand to.
constexpr int kMaxDepth = 200;
constexpr size_t kMaxStatements = size_t{50} * 1000 * 1000;

bool opens_repetition(std::string_view name) {
  return name == ".rept" || name == ".rep" || name == ".irp" || name == ".irpc" ||
         name == ".irep" || name == ".irepc";
}

void append_line(const Statement& statement, std::string& out) {
  out += statement.text;
  if (statement.kind == Statement::kLabel) out += ':';
  out += '\n';
}

class Expander {
 public:
  Expander(const RewriteOptions& options, StringPool& pool, std::vector<Diagnostic>& errors)
      : options_(options), pool_(pool), errors_(errors) {
    for (const std::string& definition : options.definitions) {
      const size_t equals = std::min(definition.find('='), definition.size());
      const size_t value = std::min(equals + 1, definition.size());
      values_.assign(definition.substr(0, equals), definition.substr(value));
    }
  }

  std::vector<Statement> run(const std::vector<Statement>& statements) {
    expand(statements);
    if (!conditions_.balanced() && !statements.empty()) {
      report(statements.back(), {"a condition isn't closed"});
    }
    return std::move(out_);
  }

 private:
  void report(const Statement& statement, const Refusal& refusal) {
    errors_.push_back({statement.line, std::string(statement.text), refusal.reason, {}});
  }

  void expand(const std::vector<Statement>& statements) {
    for (size_t at = 0; at < statements.size() && !ended_ && !leaving_macro_;) {
      const Statement& statement = statements[at];
      const Result<size_t, Refusal> used = step(statements, at);
      if (!used.ok()) report(statement, used.error());
      at += used.value_or(1);
    }
  }

  // Handles the statement there, and those it owns. Returns their number.
  Result<size_t, Refusal> step(const std::vector<Statement>& statements, size_t at) {
    const Statement& statement = statements[at];
    const bool directive = statement.kind == Statement::kDirective;
    const std::string_view name = directive ? statement.name() : std::string_view();
    if (directive && is_conditional(name)) {
      TRY(conditions_.apply(name, statement.arguments(), values_));
      return size_t{1};
    }
    if (!conditions_.active()) return size_t{1};
    if (out_.size() > kMaxStatements) return Refusal{"the macros expand to too much"};
    if (name == ".macro") return define(statements, at);
    if (opens_repetition(name)) return repeat(statements, at);
    if (directive && TRY(simple_directive(statement, name))) return size_t{1};
    if (TRY(call(statement))) return size_t{1};
    values_.note(statement);
    out_.push_back(statement);
    return size_t{1};
  }

  Result<bool, Refusal> simple_directive(const Statement& statement, std::string_view name) {
    if (name == ".include") {
      TRY(include(statement));
    } else if (name == ".purgem") {
      macros_.erase(std::string(statement.arguments()));
    } else if (name == ".exitm") {
      leaving_macro_ = true;
    } else if (name == ".end") {
      ended_ = true;
    } else if (name == ".altmacro") {
      return Refusal{"alternate macro syntax isn't supported"};
    } else {
      return name == ".noaltmacro";
    }
    return true;
  }

  // The statements up to the matching end, as text. Returns their number, both ends included.
  template <class Opens>
  Result<size_t, Refusal> collect(const std::vector<Statement>& statements, size_t at, Opens opens,
                                  std::string_view end, std::string& body) {
    int depth = 1;
    for (size_t i = at + 1; i < statements.size(); ++i) {
      const Statement& statement = statements[i];
      if (statement.kind == Statement::kDirective) {
        const std::string_view name = statement.name();
        if (opens(name)) ++depth;
        if (name == end && --depth == 0) return i - at + 1;
      }
      append_line(statement, body);
    }
    return Refusal{"it has no end"};
  }

  Result<size_t, Refusal> define(const std::vector<Statement>& statements, size_t at) {
    auto [name, macro] = TRY(parse_macro_header(statements[at].arguments()));
    const size_t count = TRY(collect(
        statements, at, [](std::string_view n) { return n == ".macro"; }, ".endm", macro.body));
    macros_[name] = std::move(macro);
    return count;
  }

  Result<size_t, Refusal> repeat(const std::vector<Statement>& statements, size_t at) {
    const Statement& head = statements[at];
    std::string body;
    const size_t count = TRY(collect(statements, at, opens_repetition, ".endr", body));
    if (head.name() == ".rept" || head.name() == ".rep") {
      const std::optional<int64_t> times = values_.evaluate(head.arguments());
      if (!times.has_value()) return Refusal{"the number of repetitions isn't known here"};
      for (int64_t i = 0; i < *times; ++i) TRY(expand_text(substitute(body, {}, calls_), head));
      return count;
    }
    const std::string_view arguments = head.arguments();
    const std::string variable(leading_name(arguments));
    std::string_view rest = trim_left(arguments.substr(variable.size()));
    if (!rest.empty() && rest.front() == ',') rest = trim_left(rest.substr(1));
    for (const std::string& value : repeated_values(head.name(), rest)) {
      TRY(expand_text(substitute(body, {{variable, value}}, calls_), head));
    }
    return count;
  }

  static std::vector<std::string> repeated_values(std::string_view directive,
                                                  std::string_view text) {
    std::vector<std::string> values;
    if (directive == ".irpc" || directive == ".irepc") {
      if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
      for (const char c : text) values.emplace_back(1, c);
    } else {
      values = split_macro_arguments(text);
    }
    if (values.empty()) values.emplace_back();
    return values;
  }

  // Whether the statement uses a macro.
  Result<bool, Refusal> call(const Statement& statement) {
    if (statement.kind != Statement::kInstruction && statement.kind != Statement::kDirective) {
      return false;
    }
    const std::string_view name = leading_name(statement.text);
    const auto found = macros_.find(name);
    if (found == macros_.end()) return false;
    const Macro macro = found->second;  // the body may define it anew
    const Bindings bindings = TRY(bind_arguments(macro, statement.text.substr(name.size())));
    const size_t conditions = conditions_.depth();
    TRY(expand_text(substitute(macro.body, bindings, calls_++), statement));
    if (leaving_macro_) conditions_.drop_to(conditions);
    leaving_macro_ = false;
    return true;
  }

  Result<void, Refusal> expand_text(std::string text, const Statement& origin) {
    if (depth_ >= kMaxDepth) return Refusal{"macros are nested too deep"};
    ++depth_;
    std::vector<Statement> statements;
    split_statements(pool_.keep(std::move(text)), origin.line, LineNumbers::kFixed, pool_,
                     statements);
    expand(statements);
    --depth_;
    return {};
  }

  Result<void, Refusal> include(const Statement& statement) {
    std::string name(statement.arguments());
    name.erase(std::remove(name.begin(), name.end(), '"'), name.end());
    Result<std::string, Refusal> text = read_file(name);
    for (const std::string& directory : options_.include_directories) {
      if (text.ok()) break;
      text = read_file(directory + '/' + name);
    }
    return expand_text(TRY(std::move(text)), statement);
  }

  const RewriteOptions& options_;
  StringPool& pool_;
  std::vector<Diagnostic>& errors_;
  std::vector<Statement> out_;
  std::map<std::string, Macro, std::less<>> macros_;
  KnownValues values_;
  Conditions conditions_;
  unsigned calls_ = 0;
  int depth_ = 0;
  bool leaving_macro_ = false;
  bool ended_ = false;
};

}  // namespace

bool may_have_macros(std::string_view source) {
  for (const std::string_view word :
       {".macro", ".rep", ".irp", ".irep", ".if", ".include", ".altmacro"}) {
    if (source.find(word) != std::string_view::npos) return true;
  }
  // ".end" alone; GCC's output is full of ".cfi_endproc".
  return source.find("\n\t.end\n") != std::string_view::npos ||
         source.find("\n.end\n") != std::string_view::npos;
}

std::vector<Statement> expand_macros(const std::vector<Statement>& statements,
                                     const RewriteOptions& options, StringPool& pool,
                                     std::vector<Diagnostic>& errors) {
  return Expander(options, pool, errors).run(statements);
}

}  // namespace rawposix::rewrite
