// SPDX-License-Identifier: Apache-2.0
#include "rewrite/context.h"
#include "rewrite/instruction.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

// A function's end pops at most six registers before it returns.
constexpr int kLookAhead = 12;

// The mnemonic of an instruction statement, past its prefixes; null where there is none.
const Mnemonic* mnemonic_of(std::string_view text) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    const Mnemonic* found = find_mnemonic(word);
    if (found == nullptr || found->op != Op::kPrefix) return found;
    text = trim_left(text.substr(word.size()));
  }
  return nullptr;
}

bool leaves_function(std::string_view jump) {
  const size_t blank = jump.find_first_of(" \t");
  if (blank == std::string_view::npos) return false;
  const std::string_view target = trim_left(jump.substr(blank));
  return !target.starts_with(".L") && !target.empty() && !is_digit(target.front());
}

enum class PastLabels : uint8_t { kNo, kYes };

bool next_reads_flags(const Context& context, PastLabels past_labels) {
  for (size_t at = context.position + 1; at < context.statements.size(); ++at) {
    const Statement& statement = context.statements[at];
    if (statement.kind == Statement::kLabel && past_labels == PastLabels::kNo) return false;
    if (statement.kind != Statement::kInstruction) continue;
    const Mnemonic* next = mnemonic_of(statement.text);
    return next != nullptr && (next->flags & kReadsFlags) != 0;
  }
  return false;
}

}  // namespace

bool flags_are_dead(const Context& context) {
  int seen = 0;
  for (size_t at = context.position + 1; at < context.statements.size(); ++at) {
    const Statement& statement = context.statements[at];
    if (statement.kind != Statement::kInstruction) continue;
    const Mnemonic* next = mnemonic_of(statement.text);
    if (next == nullptr || ++seen > kLookAhead) return false;
    if ((next->flags & kReadsFlags) != 0) return false;
    if ((next->flags & (kSetsFlags | kFlagsDead)) != 0) return true;
    if (next->op == Op::kJmp) return leaves_function(statement.text);
    const bool keeps_on = next->op == Op::kMov || next->op == Op::kLea || next->op == Op::kPop ||
                          next->op == Op::kPush || next->op == Op::kLeave;
    if (!keeps_on) return false;
  }
  return false;
}

bool flags_are_read_next(const Context& context) {
  return next_reads_flags(context, PastLabels::kYes);
}

bool flags_are_read_at_once(const Context& context) {
  return next_reads_flags(context, PastLabels::kNo);
}

}  // namespace rawposix::rewrite
