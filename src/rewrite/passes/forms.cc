// SPDX-License-Identifier: Apache-2.0
// Forms of allowed instructions that the verifier has no room for: 16-bit counts of bits, which
// need two mandatory prefixes, 16-bit push and pop, and TBM's bextr.
#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {
namespace {

constexpr Register kWordR11{RegisterKind::kWord, kR11};

bool has_word_operand(const Instruction& in) {
  if (in.mnemonic->suffix == 'w') return true;
  return in.operand_count > 0 && in.last().kind == Operand::kRegister &&
         in.last().reg.kind == RegisterKind::kWord;
}

bool applies(const Instruction& in) {
  switch (in.op()) {
    case Op::kBitCount:
    case Op::kPush:
    case Op::kPop:
      return has_word_operand(in);
    case Op::kBitScan:
      return in.prefixes != 0 && has_word_operand(in);
    case Op::kBextr:
      return in.operands[0].kind == Operand::kImmediate;
    default:
      return false;
  }
}

Instruction on_scratch(std::string_view mnemonic, std::string_view immediate) {
  return make_instruction(mnemonic, immediate_operand(immediate), register_operand(kLongR11));
}

// Counts in 32 bits of the scratch register, with a marker bit or a correction for the width.
Result<void, Refusal> count_bits(const Instruction& in, Sequence& out, const Context& context) {
  if (in.operand_count != 2 || in.names(kR11) || in.last().reg.is(kSp))
    return Refusal{"unsupported operands"};
  const std::string_view stem = in.mnemonic->stem;
  if (stem != "popcnt" && flags_are_read_next(context)) {
    return Refusal{"the flags of a 16-bit count aren't kept"};
  }
  const Operand scratch = register_operand(kLongR11);
  out.add(make_instruction("movzwl", in.operands[0], scratch));
  if (stem == "tzcnt") out.add_settled(on_scratch("orl", "65536"));
  const std::string_view wide = stem == "popcnt"  ? "popcntl"
                                : stem == "tzcnt" ? "tzcntl"
                                                  : "lzcntl";
  out.add_settled(make_instruction(wide, scratch, scratch));
  if (stem == "lzcnt") out.add_settled(on_scratch("subl", "16"));
  out.add_settled(make_instruction("movw", register_operand(kWordR11), in.operands[1]));
  return {};
}

Result<void, Refusal> apply(const Instruction& in, Sequence& out, Context& context) {
  switch (in.op()) {
    case Op::kBitCount:
      return count_bits(in, out, context);
    case Op::kBitScan: {
      // Compilers put the prefix there for speed only; they don't count on a result for 0.
      if (in.mnemonic->stem != "bsf") return Refusal{"16-bit lzcnt in disguise"};
      Instruction plain = in;
      plain.clear(Prefix::kRep);
      out.add(plain);
      return {};
    }
    case Op::kBextr:
      return Refusal{"not allowed in cages: TBM, LWP"};
    default:
      return Refusal{"16-bit stack operations"};
  }
}

}  // namespace

const Pass kFormPass{"forms", applies, apply};

}  // namespace rawposix::rewrite
