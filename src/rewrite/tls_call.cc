// SPDX-License-Identifier: Apache-2.0
#include "rewrite/tls_call.h"

#include "rewrite/passes/passes.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

// lea, padding directive, rex64, call.
constexpr size_t kLongestRun = 5;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// gas takes relocation names in either case.
bool mentions(std::string_view text, std::string_view relocation) {
  return contains(lower_case(text), relocation);
}

// The symbol before `relocation` in the first operand; empty where there is none.
std::string_view symbol_before(std::string_view text, std::string_view relocation) {
  const size_t end = lower_case(text).find(relocation);
  if (end == std::string_view::npos) return {};
  const size_t start = text.find_last_of(" \t", end);
  return text.substr(start + 1, end - start - 1);
}

// The position after the call of __tls_get_addr that follows; 0 where something else does.
size_t after_call(const std::vector<Statement>& statements, size_t at) {
  for (size_t i = at + 1; i < statements.size() && i < at + kLongestRun; ++i) {
    const Statement& statement = statements[i];
    if (contains(statement.text, "__tls_get_addr")) return i + 1;
    const bool padding = statement.kind == Statement::kDirective &&
                         (statement.name() == ".value" || statement.name() == ".byte" ||
                          statement.name() == ".word");
    if (!padding && statement.text != "rex64") return 0;
  }
  return 0;
}

Instruction got_access(std::string_view mnemonic, std::string_view symbol, Context& context) {
  const std::string_view slot = context.pool.keep(std::string(symbol) + "@gottpoff");
  return make_instruction(mnemonic, memory_operand(slot, Register{RegisterKind::kIp, 0}),
                          register_operand(kRax));
}

}  // namespace

bool may_start_tls_call(const Statement& statement) {
  const char first = statement.text.front();
  if (first != 'l' && first != 'd' && first != 'c' && first != '.') return false;
  if (first == '.') return statement.text.starts_with(".byte") && contains(statement.text, "0x66");
  return contains(statement.text, "@tls") || contains(statement.text, "@TLS");
}

size_t match_tls_call(size_t at, Sequence& out, Context& context) {
  const std::vector<Statement>& statements = context.statements;
  size_t lea = at;
  if (statements[at].kind == Statement::kDirective) ++lea;
  if (lea >= statements.size()) return 0;
  const std::string_view text = statements[lea].text;
  const std::string_view general = symbol_before(text, "@tlsgd(%rip)");
  const bool local = mentions(text, "@tlsld(%rip)");
  if (!general.empty() || local) {
    const size_t end = after_call(statements, lea);
    if (end == 0) return 0;
    out.add_settled(load_thread_pointer(kRax));
    if (!local) out.add_settled(got_access("addq", general, context));
    return end - at;
  }
  const std::string_view described = symbol_before(text, "@tlsdesc(%rip)");
  if (described == "_TLS_MODULE_BASE_") {
    // Offsets within the module become offsets from the thread pointer, so its own is 0.
    out.add_settled(make_instruction("movq", immediate_operand("0"), register_operand(kRax)));
    return 1;
  }
  if (!described.empty()) {
    out.add_settled(got_access("movq", described, context));
    return 1;
  }
  // The call of a descriptor's function: its result is in %rax already.
  return mentions(text, "@tlscall(%rax)") ? 1 : 0;
}

}  // namespace rawposix::rewrite
