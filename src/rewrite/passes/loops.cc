// SPDX-License-Identifier: Apache-2.0
#include "rewrite/passes/loops.h"

#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

constexpr size_t kLookAhead = 120;  // statements; line information is among them
constexpr int kCacheLine = 64;
// Loops up to this estimate lie in one line when they start at a bundle; a few bytes are left for
// wrong estimates.
constexpr int kHalfLine = 26;

bool is_directive(const Statement& statement, std::string_view name) {
  return statement.kind == Statement::kDirective && statement.name() == name;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// GCC writes ".p2align 4,,10" and ".p2align 3" before the heads of loops it thinks are hot.
bool is_aligned_by_compiler(const std::vector<Statement>& statements, size_t position) {
  for (size_t back = 1; back <= 3 && back <= position; ++back) {
    const Statement& before = statements[position - back];
    if (is_directive(before, ".p2align") && contains(before.text, ",")) return true;
    if (before.kind == Statement::kInstruction) return false;
  }
  return false;
}

// Bytes of the rewritten instruction, near enough.
int estimated_size(std::string_view text) {
  int size = 3;
  if (contains(text, "(%rip)")) {
    size += 4;
  } else if (contains(text, "(")) {
    size += contains(text, "(%rsp)") ? 2 : 4;
  }
  if (contains(text, "mm")) size += 1;  // %xmm0 and the like
  if (contains(text, "%zmm")) size += 2;
  if (contains(text, "$")) size += 1;
  return size;
}

bool branches_to(std::string_view instruction, std::string_view label) {
  const size_t blank = instruction.find_first_of(" \t");
  return blank != std::string_view::npos && trim(instruction.substr(blank)) == label;
}

}  // namespace

int loop_alignment(const std::vector<Statement>& statements, size_t position) {
  if (!is_aligned_by_compiler(statements, position)) return 0;
  const std::string_view label = statements[position].text;
  int size = 0;
  for (size_t at = position + 1; at < statements.size() && at < position + kLookAhead; ++at) {
    const Statement& statement = statements[at];
    // Another aligned place inside: not an innermost loop.
    if (is_directive(statement, ".p2align")) return 0;
    if (statement.kind != Statement::kInstruction) continue;
    const char first = statement.text.front();
    if (first == 'c' && statement.text.starts_with("call")) return 0;
    if (first != 'j') {
      size += estimated_size(statement.text);
      if (size > kCacheLine) return 0;
      continue;
    }
    size += 2;
    if (branches_to(statement.text, label)) return size <= kHalfLine ? 5 : 6;
    if (statement.text.starts_with("jmp")) return 0;
  }
  return 0;
}

}  // namespace rawposix::rewrite
