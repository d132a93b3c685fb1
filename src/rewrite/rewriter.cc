// SPDX-License-Identifier: Apache-2.0
#include "rewrite/rewriter.h"

#include <algorithm>
#include <utility>

#include "rewrite/code_writer.h"
#include "rewrite/data_island.h"
#include "rewrite/directives.h"
#include "rewrite/macro.h"
#include "rewrite/origin.h"
#include "rewrite/passes/labels.h"
#include "rewrite/passes/loops.h"
#include "rewrite/passes/passes.h"
#include "rewrite/sections.h"
#include "rewrite/text.h"
#include "rewrite/tls_call.h"

namespace rawposix::rewrite {
namespace {

class Rewriter {
 public:
  Rewriter(const std::vector<Statement>& statements, const Symbols& symbols,
           const RewriteOptions& options)
      : statements_(statements),
        context_{symbols, statements},
        labels_(symbols),
        island_(statements) {
    context_.syscall_entry = options.syscall_entry;
    writer_.start(options.file_name);
  }

  Rewritten run() {
    for (position_ = 0; position_ < statements_.size(); ++position_) {
      const Result<void, Refusal> result = visit(statements_[position_]);
      if (!result.ok()) report(result.error());
    }
    if (pending_prefixes_ != 0) report({"a prefix without an instruction"});
    if (island_.open()) writer_.line(".popsection");
    end_sections();
    return {writer_.take(), std::move(errors_)};
  }

 private:
  static constexpr size_t kMaxErrors = 100;
  static constexpr int kBundleShift = 5;  // bundles have 32 bytes

  bool in_code() const { return sections_.current().kind == SectionKind::kCode; }

  void report(const Refusal& refusal) {
    if (errors_.size() >= kMaxErrors) return;
    const size_t at = std::min(position_, statements_.size() - 1);
    errors_.push_back({statements_[at].line, std::string(statements_[at].text), refusal.reason,
                       origin_of(statements_, at)});
  }

  Result<void, Refusal> visit(const Statement& statement) {
    if (pending_prefixes_ != 0 && statement.kind != Statement::kInstruction &&
        statement.kind != Statement::kLineMarker) {
      pending_prefixes_ = 0;
      return Refusal{"a prefix must be followed by its instruction"};
    }
    if (in_code()) move_data(statement);
    switch (statement.kind) {
      case Statement::kLineMarker:
        writer_.line_marker(statement);
        return {};
      case Statement::kAssignment:
        return assignment(statement);
      case Statement::kLabel:
        label(statement);
        return {};
      case Statement::kDirective:
        return directive(statement);
      case Statement::kInstruction:
        if (in_code()) return instruction(statement);
        writer_.statement(statement);
        return {};
    }
    return {};
  }

  void move_data(const Statement& statement) {
    const DataIsland::Change change = island_.before(position_);
    if (change == DataIsland::Change::kNone) return;
    writer_.begin(statement.line);
    writer_.text() += change == DataIsland::Change::kOpens ? ".pushsection .rodata" : ".popsection";
  }

  Result<void, Refusal> assignment(const Statement& statement) {
    if (in_code() && statement.text.front() == '.' && !is_name_char(statement.text[1])) {
      return Refusal{std::string(directive_refusal(".org"))};
    }
    writer_.statement(statement);
    return {};
  }

  void align(const Statement& statement, int power) {
    writer_.begin(statement.line);
    writer_.text() += power == kBundleShift ? ".p2align 5" : ".p2align 6";
    mark_code();
  }

  void label(const Statement& statement) {
    if (sections_.current().kind == SectionKind::kOther) {
      writer_.label(statement);
      return;
    }
    int alignment = labels_.needs_alignment(statement.text) ? kBundleShift : 0;
    if (in_code() && !island_.open()) {
      alignment = std::max(alignment, loop_alignment(statements_, position_));
      if (alignment != 0) align(statement, alignment);
    }
    writer_.label(statement);
  }

  Result<void, Refusal> directive(const Statement& statement) {
    const std::string_view name = statement.name();
    if (sections_.apply(statement)) {
      island_.set_reachable(false);
      writer_.statement(statement);
      return {};
    }
    switch (directive_kind(name)) {
      case DirectiveKind::kRefused:
        if (name != ".org" || in_code()) return Refusal{std::string(directive_refusal(name))};
        break;
      case DirectiveKind::kAlign:
        if (in_code() && !island_.open()) {
          mark_code();
          writer_.begin(statement.line);
          writer_.text() += without_fill(statement);
          return {};
        }
        break;
      case DirectiveKind::kData:
        if (in_code() && !island_.open()) return data(statement);
        break;
      case DirectiveKind::kNeutral:
        break;
    }
    writer_.statement(statement);
    return {};
  }

  Result<void, Refusal> data(const Statement& statement) {
    if (TRY(tls_call(statement))) return {};
    const std::string_view encoded = known_encoding(statement);
    if (encoded.empty()) return Refusal{"data among code; put it in a section of its own"};
    mark_code();
    writer_.begin(statement.line);
    writer_.text() += encoded;
    return {};
  }

  // Several statements that stand for one operation.
  Result<bool, Refusal> tls_call(const Statement& statement) {
    if (!may_start_tls_call(statement)) return false;
    sequence_.clear();
    const size_t count = match_tls_call(position_, sequence_, context_);
    if (count == 0) return false;
    if (sequence_.items().empty()) return true;
    TRY(finish(statement));
    position_ += count - 1;
    return true;
  }

  Result<void, Refusal> instruction(const Statement& statement) {
    if (TRY(tls_call(statement))) return {};
    Result<Instruction, Refusal> parsed = parse_instruction(statement.text);
    if (!parsed.ok()) {
      pending_prefixes_ = 0;
      return parsed.error();
    }
    Instruction& in = parsed.value();
    const bool prefixed = std::exchange(pending_prefixes_, uint16_t{0}) != 0;
    if (prefixed) in.prefixes |= held_prefixes_;
    if (in.mnemonic == nullptr) {
      pending_prefixes_ = held_prefixes_ = in.prefixes;
      return {};
    }
    mark_code();
    island_.set_reachable((in.mnemonic->flags & kNoFallThrough) == 0);
    const bool plain = std::none_of(kPasses.begin(), kPasses.end(),
                                    [&](const Pass* pass) { return pass->applies(in); });
    if (plain && !prefixed) {
      writer_.statement(statement);
      return {};
    }
    sequence_.clear();
    sequence_.add(in);
    return finish(statement);
  }

  // Runs the passes on sequence_ and prints what comes out.
  Result<void, Refusal> finish(const Statement& statement) {
    context_.position = position_;
    for (const Pass* pass : kPasses) TRY(run_pass(*pass));
    mark_code();
    writer_.begin(statement.line);
    print_sequence(sequence_, writer_.text());
    return {};
  }

  Result<void, Refusal> run_pass(const Pass& pass) {
    const auto concerned = [&](const Item& item) {
      return !item.settled && pass.applies(item.instruction);
    };
    if (std::none_of(sequence_.items().begin(), sequence_.items().end(), concerned)) return {};
    next_.clear();
    for (const Item& item : sequence_.items()) {
      if (concerned(item)) {
        TRY(pass.apply(item.instruction, next_, context_));
      } else {
        next_.add(item);
      }
    }
    std::swap(sequence_, next_);
    return {};
  }

  void mark_code() {
    const size_t index = static_cast<size_t>(&sections_.current() - sections_.all().data());
    if (has_code_.size() <= index) has_code_.resize(index + 1);
    has_code_[index] = true;
  }

  // Sections end with a whole bundle, so that the linker has no gap to fill between them.
  void end_sections() {
    for (size_t index = 0; index < has_code_.size(); ++index) {
      if (!has_code_[index]) continue;
      const Section& section = sections_.all()[index];
      writer_.line(section.enter);
      if (section.last_subsection != 0) {
        writer_.line(".subsection " + std::to_string(section.last_subsection));
      }
      writer_.line(".p2align 5");
    }
  }

  const std::vector<Statement>& statements_;
  size_t position_ = 0;
  Context context_;
  LabelPass labels_;
  DataIsland island_;
  Sections sections_;
  CodeWriter writer_;
  Sequence sequence_;
  Sequence next_;
  uint16_t pending_prefixes_ = 0;
  uint16_t held_prefixes_ = 0;
  std::vector<bool> has_code_;
  std::vector<Diagnostic> errors_;
};

}  // namespace

namespace {

// Of those found before there was a position in the statements.
void add_origins(const std::vector<Statement>& statements, std::vector<Diagnostic>& errors) {
  for (Diagnostic& error : errors) {
    const auto after = std::find_if(statements.begin(), statements.end(),
                                    [&](const Statement& each) { return each.line > error.line; });
    if (after == statements.begin()) continue;
    error.origin = origin_of(statements, static_cast<size_t>(after - statements.begin() - 1));
  }
}

}  // namespace

Rewritten rewrite(std::string_view source, const RewriteOptions& options) {
  StringPool pool;
  std::vector<Statement> statements;
  statements.reserve(source.size() / 24);
  split_statements(source, 1, LineNumbers::kCount, pool, statements);
  std::vector<Diagnostic> errors;
  if (may_have_macros(source)) {
    std::vector<Statement> expanded = expand_macros(statements, options, pool, errors);
    if (!errors.empty()) {
      add_origins(statements, errors);
      return {{}, std::move(errors)};
    }
    statements = std::move(expanded);
  }
  Symbols symbols;
  symbols.scan(statements);
  return Rewriter(statements, symbols, options).run();
}

}  // namespace rawposix::rewrite
