// SPDX-License-Identifier: Apache-2.0
// Memory operands: %gs and a 32-bit address, but for the short reach of %rsp and for %rip
// (docs/sfi.md 3.2).
#include "rewrite/expression.h"
#include "rewrite/passes/passes.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

constexpr int64_t kStackReach = 32768;

bool applies(const Instruction& in) {
  if (in.op() == Op::kLea) return false;
  for (const Operand& operand : in) {
    if (operand.kind == Operand::kMemory) return true;
  }
  return false;
}

bool is_near(std::string_view displacement) {
  if (displacement.empty()) return true;
  const std::optional<int64_t> value = evaluate(displacement);
  return value.has_value() && *value >= -kStackReach && *value < kStackReach;
}

// The operand's bit offset comes from a register and reaches beyond the operand.
bool has_register_bit_offset(const Instruction& in) {
  return in.op() == Op::kBitTest && in.operands[0].kind == Operand::kRegister;
}

std::string_view symbol_of(std::string_view displacement) {
  std::string_view found;
  for_each_symbol(displacement, [&](const SymbolUse& use) { found = use.name; });
  return found;
}

Register narrow(Register r) { return r.kind == RegisterKind::kQuad ? as_long(r) : r; }

void confine(Operand& operand) {
  Memory& memory = operand.memory;
  memory.segment = kGs;
  memory.base = narrow(memory.base);
  if (memory.has_index()) memory.index = narrow(memory.index);
  operand.text = {};
}

bool is_accumulator_move(const Instruction& in) {
  if (in.op() != Op::kMov && in.op() != Op::kMovabs) return false;
  for (const Operand& operand : in) {
    if (operand.kind == Operand::kRegister && operand.reg.is(kRax.number)) return true;
  }
  return false;
}

// An address without registers. gas would use the form of mov that has a 64-bit address, where it
// can; the scratch register prevents that.
Result<void, Refusal> absolute(Instruction& in, Operand& operand, Sequence& out) {
  if (is_accumulator_move(in) && !in.names(kR11)) {
    out.add_settled(make_instruction("movl", immediate_operand(operand.memory.displacement),
                                     register_operand(kLongR11)));
    operand.memory = Memory{.base = kLongR11};
  } else {
    in.set(Prefix::kAddr32);
  }
  confine(operand);
  return {};
}

Result<void, Refusal> relative_to_ip(Instruction& in, Operand& operand, Sequence& out,
                                     const Context& context) {
  const std::string_view symbol = symbol_of(operand.memory.displacement);
  const bool via_got = operand.memory.displacement.find('@') != std::string_view::npos;
  const bool may_be_nowhere = !via_got && context.symbols.is_undefined_weak(symbol);
  if (!may_be_nowhere && !has_register_bit_offset(in)) return {};
  if (via_got || operand.memory.has_index()) return Refusal{"unsupported address"};
  operand.memory.base = {};
  return absolute(in, operand, out);
}

Result<void, Refusal> rewrite(Instruction& in, Operand& operand, Sequence& out,
                              const Context& context) {
  Memory& memory = operand.memory;
  if (memory.base.kind == RegisterKind::kEip) return Refusal{"addresses relative to %eip"};
  if (memory.base.kind == RegisterKind::kIp) return relative_to_ip(in, operand, out, context);
  if (memory.is_absolute()) {
    const std::string_view symbol = symbol_of(memory.displacement);
    const bool plain = !symbol.empty() && memory.displacement.find('@') == std::string_view::npos;
    if (plain && !context.symbols.is_undefined_weak(symbol) && !has_register_bit_offset(in)) {
      memory.base = {RegisterKind::kIp, 0};
      memory.segment = {};
      operand.text = {};
      return {};
    }
    return absolute(in, operand, out);
  }
  if (memory.base == kRsp && !memory.has_index() && is_near(memory.displacement) &&
      !has_register_bit_offset(in)) {
    return {};
  }
  confine(operand);
  return {};
}

Result<void, Refusal> apply(const Instruction& source, Sequence& out, Context& context) {
  Instruction in = source;
  if (in.op() == Op::kMovabs) {
    // The rewritten form is an ordinary mov.
    in.name = context.pool.keep(
        in.mnemonic->suffix == 0 ? std::string("mov") : std::string("mov") + in.mnemonic->suffix);
  }
  int found = 0;
  for (Operand& operand : in) {
    if (operand.kind != Operand::kMemory) continue;
    if (++found > 1) return Refusal{"two memory operands"};
    if (operand.indirect) return Refusal{"unexpected '*'"};
    TRY(rewrite(in, operand, out, context));
  }
  out.add_settled(in);
  return {};
}

}  // namespace

const Pass kMemoryPass{"memory", applies, apply};

}  // namespace rawposix::rewrite
