// SPDX-License-Identifier: Apache-2.0
// Drops prefixes that mean nothing in a cage and refuses the others that the verifier doesn't know;
// nops, software interrupts and undocumented
// instructions, too, get a form that it knows.
#include "rewrite/expression.h"
#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {
namespace {

// Segments whose base is 0.
bool is_flat(Register segment) { return segment && segment != kFs && segment != kGs; }

bool applies(const Instruction& in) {
  if (in.op() == Op::kNop || in.op() == Op::kInt || in.op() == Op::kFfreep) return true;
  if (in.prefixes != 0 && in.prefixes != static_cast<uint16_t>(Prefix::kLock)) return true;
  for (const Operand& operand : in) {
    if (operand.kind == Operand::kMemory && operand.memory.segment != kFs &&
        operand.memory.segment) {
      return true;
    }
  }
  return false;
}

Result<void, Refusal> repeat(Instruction& in) {
  if (!in.has(Prefix::kRep) && !in.has(Prefix::kRepne)) return {};
  if (in.op() == Op::kString) {
    const bool compares = (in.mnemonic->flags & kSetsFlags) != 0;
    if (in.has(Prefix::kRepne) && !compares) return Refusal{"repne is for cmps and scas"};
    return {};
  }
  if (in.op() == Op::kRet || in.op() == Op::kJmp || in.op() == Op::kJcc || in.op() == Op::kCall) {
    in.clear(Prefix::kRep);  // only there for old branch predictors
    in.clear(Prefix::kRepne);
    return {};
  }
  // The encodings of tzcnt and lzcnt; GCC writes "rep bsf" for either processor.
  if (in.has(Prefix::kRep) && (in.mnemonic->stem == "bsf" || in.mnemonic->stem == "bsr")) return {};
  return Refusal{"a repeat prefix needs a string instruction"};
}

// ffreep is documented by neither vendor, but GCC uses it on AMD's processors.
Result<void, Refusal> free_and_pop(const Instruction& in, Sequence& out) {
  if (in.operand_count != 1) return Refusal{"it has one operand"};
  if (in.operands[0].is_register({RegisterKind::kX87, 0})) {
    out.add_settled(make_instruction("fstp", in.operands[0]));
    return {};
  }
  out.add_settled(make_instruction("ffree", in.operands[0]));
  out.add_settled(make_instruction("fincstp"));
  return {};
}

Result<void, Refusal> apply(const Instruction& source, Sequence& out, Context&) {
  Instruction in = source;
  if (in.op() == Op::kNop) {
    out.add_settled(make_instruction(in.has(Prefix::kRep) ? "pause" : "nop"));
    return {};
  }
  if (in.op() == Op::kInt) {
    if (in.operand_count != 1 || evaluate(in.operands[0].value) != 3) {
      return Refusal{"interrupts other than int3"};
    }
    out.add_settled(make_instruction("int3"));
    return {};
  }
  if (in.op() == Op::kFfreep) return free_and_pop(in, out);
  in.clear(Prefix::kHint);
  TRY(repeat(in));
  if (in.has(Prefix::kData16) || in.has(Prefix::kRex64) || in.has(Prefix::kAddr32)) {
    return Refusal{"explicit size prefixes aren't supported"};
  }
  for (Operand& operand : in) {
    if (operand.kind != Operand::kMemory || !operand.memory.segment) continue;
    if (operand.memory.segment == kGs) return Refusal{"%gs belongs to the host"};
    if (!is_flat(operand.memory.segment)) continue;
    operand.memory.segment = {};
    operand.text = {};
  }
  out.add(in);
  return {};
}

}  // namespace

const Pass kPrefixPass{"prefixes", applies, apply};

}  // namespace rawposix::rewrite
