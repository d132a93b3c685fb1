// SPDX-License-Identifier: Apache-2.0
// Q4: string instructions on rebased %rdi and %rsi.
#include "rewrite/expression.h"
#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {
namespace {

constexpr Register kRsi{RegisterKind::kQuad, 6};
constexpr Register kRdi{RegisterKind::kQuad, 7};

char size_suffix(const Instruction& in) {
  if (in.name == "movsd" || in.name == "cmpsd") return 'l';
  if (in.mnemonic->suffix != 0) return in.mnemonic->suffix;
  for (const Operand& operand : in) {
    if (operand.kind != Operand::kRegister) continue;
    switch (operand.reg.kind) {
      case RegisterKind::kByte:
        return 'b';
      case RegisterKind::kWord:
        return 'w';
      case RegisterKind::kLong:
        return 'l';
      case RegisterKind::kQuad:
        return 'q';
      default:
        return 0;
    }
  }
  return 0;
}

// Written-out operands may only be the ones the instruction has anyway.
bool is_usual_operand(const Operand& operand) {
  if (operand.kind == Operand::kRegister) return operand.reg.is(kRax.number);
  if (operand.kind != Operand::kMemory) return false;
  const Memory& memory = operand.memory;
  return !memory.segment && !memory.index && (memory.base == kRsi || memory.base == kRdi) &&
         (memory.displacement.empty() || evaluate(memory.displacement) == 0);
}

Instruction truncate(Register pointer) {
  const Operand half = register_operand(as_long(pointer));
  return make_instruction("movl", half, half);
}

Instruction add_base(Register pointer) {
  return make_instruction("leaq", memory_operand(Memory{.base = pointer, .index = kQuadR11}),
                          register_operand(pointer));
}

bool applies(const Instruction& in) { return in.op() == Op::kString; }

Result<void, Refusal> apply(const Instruction& in, Sequence& out, Context& context) {
  const char suffix = size_suffix(in);
  if (suffix == 0) return Refusal{"its operand size isn't given"};
  for (const Operand& operand : in) {
    if (!is_usual_operand(operand)) return Refusal{"unusual operand of a string instruction"};
  }
  const std::string_view full = in.mnemonic->stem;
  const std::string_view stem = full.substr(0, 4);
  Instruction bare = make_instruction(context.pool.keep(std::string(stem) + suffix));
  bare.prefixes = in.prefixes;
  const bool uses_rdi = stem != "lods";
  const bool uses_rsi = stem != "stos" && stem != "scas";

  out.lock();
  out.add_settled(load_base());
  for (const Register pointer : {kRdi, kRsi}) {
    if (!(pointer == kRdi ? uses_rdi : uses_rsi)) continue;
    out.add_settled(truncate(pointer));
    out.add_settled(add_base(pointer));
  }
  out.add_settled(bare);
  if (uses_rdi) out.add_settled(truncate(kRdi));
  if (uses_rsi) out.add_settled(truncate(kRsi));
  out.unlock();
  return {};
}

}  // namespace

const Pass kStringPass{"strings", applies, apply};

}  // namespace rawposix::rewrite
