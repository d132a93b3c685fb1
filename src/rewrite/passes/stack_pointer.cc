// SPDX-License-Identifier: Apache-2.0
// %rsp holds a host address. Its value reaches guest code truncated only, and what guest code puts
// in is rebased at once (docs/sfi.md, Q2, Q3, Q5).
#include "rewrite/expression.h"
#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {
namespace {

bool is_stack_register(const Operand& operand) {
  return operand.kind == Operand::kRegister && operand.reg.is(kSp);
}

bool is_wide_stack_register(const Operand& operand) { return operand.is_register(kRsp); }

// Whether a lea's address is a host address: based on %rsp or %rip.
bool is_host_address(const Memory& memory) {
  return memory.base == kRsp || memory.base.kind == RegisterKind::kIp;
}

// Writes more than its last operand.
bool writes_two(const Instruction& in) {
  const std::string_view stem = in.mnemonic->stem;
  return stem == "xchg" || stem == "xadd" || stem == "cmpxchg" || stem == "mulx";
}

bool names_stack_register(const Instruction& in) {
  for (const Operand& operand : in) {
    if (is_stack_register(operand)) return true;
  }
  return false;
}

bool writes_stack_pointer(const Instruction& in) {
  if (in.op() == Op::kReadsOnly || in.op() == Op::kPush || in.operand_count == 0) return false;
  if (in.op() == Op::kBitTest && in.mnemonic->stem == "bt") return false;
  return is_stack_register(in.last());
}

bool applies(const Instruction& in) {
  if (in.op() == Op::kLeave) return true;
  if (in.op() == Op::kLea && in.operand_count == 2 &&
      (is_host_address(in.operands[0].memory) || is_stack_register(in.last()))) {
    return true;
  }
  // Any width of it may be read, but the 64 bits of it may not.
  return names_stack_register(in) &&
         (writes_stack_pointer(in) || writes_two(in) || in.names_exactly(kRsp));
}

// The 32-bit form of a mov, lea, add, sub or and to the stack pointer.
Instruction narrow(const Instruction& in, Context& context) {
  Instruction result = make_instruction(context.pool.keep(std::string(in.mnemonic->stem) + 'l'));
  result.operand_count = in.operand_count;
  result.operands = in.operands;
  for (Operand& operand : result) {
    if (operand.kind == Operand::kRegister) operand = register_operand(as_long(operand.reg));
  }
  return result;
}

// Q2: `op` writes %esp and may change the flags.
void add_flag_changing(const Instruction& op, Sequence& out) {
  out.lock();
  out.add(op);
  out.add_settled(rebase(kRsp));
  out.unlock();
}

// Q3: `op` writes %esp and doesn't touch the flags.
void add_flag_keeping(const Instruction& op, Sequence& out) {
  out.lock();
  out.add_settled(load_base());
  out.add(op);
  out.add_settled(make_instruction("leaq", memory_operand(Memory{.base = kRsp, .index = kQuadR11}),
                                   register_operand(kRsp)));
  out.unlock();
}

void add_move(const Instruction& op, Sequence& out, const Context& context) {
  if (flags_are_dead(context) || op.names(kR11)) {
    add_flag_changing(op, out);
  } else {
    add_flag_keeping(op, out);
  }
}

bool is_small_mask(const Instruction& in) {
  if (in.op() != Op::kAnd || in.operands[0].kind != Operand::kImmediate) return false;
  const std::optional<int64_t> mask = evaluate(in.operands[0].value);
  return mask.has_value() && *mask >= -128 && *mask < 0;
}

// Pops into the scratch register take less room than Q2 and don't wait for the base.
constexpr int64_t kMaxDropBytes = 16;

bool add_pops(const Instruction& in, Sequence& out) {
  if (in.op() != Op::kAdd || in.operands[0].kind != Operand::kImmediate) return false;
  const int64_t bytes = evaluate(in.operands[0].value).value_or(0);
  if (bytes <= 0 || bytes > kMaxDropBytes || bytes % 8 != 0) return false;
  for (int64_t at = 0; at < bytes; at += 8) {
    out.add_settled(make_instruction("popq", register_operand(kQuadR11)));
  }
  return true;
}

Result<void, Refusal> write(const Instruction& in, Sequence& out, Context& context) {
  const RegisterKind width = in.last().reg.kind;
  if (width != RegisterKind::kQuad && width != RegisterKind::kLong) {
    return Refusal{"writes part of the stack pointer"};
  }
  if (in.op() == Op::kPop) {
    const Instruction load =
        make_instruction("movl", memory_operand("", kRsp), register_operand(kEsp));
    add_move(load, out, context);
    return {};
  }
  if (in.operand_count != 2) return Refusal{"unsupported change of the stack pointer"};
  if (in.operands[0].kind == Operand::kRegister && in.operands[0].reg.kind != RegisterKind::kQuad &&
      in.operands[0].reg.kind != RegisterKind::kLong) {
    return Refusal{"unsupported source for the stack pointer"};
  }
  switch (in.op()) {
    case Op::kMov:
    case Op::kLea:
      add_move(narrow(in, context), out, context);
      return {};
    case Op::kAdd:
    case Op::kSub:
    case Op::kAnd:
      if (flags_are_read_next(context)) {
        return Refusal{"the flags of a change of the stack pointer aren't kept"};
      }
      if (is_small_mask(in) && width == RegisterKind::kQuad) {
        out.add_settled(in);
      } else if (!add_pops(in, out)) {
        add_flag_changing(narrow(in, context), out);
      }
      return {};
    default:
      return Refusal{"unsupported change of the stack pointer"};
  }
}

// An instruction that reads %rsp: the same on a truncated copy.
Result<void, Refusal> read(const Instruction& in, Sequence& out, Context& context) {
  const bool exchanges =
      in.mnemonic->stem == "xchg" || in.mnemonic->stem == "xadd" || in.mnemonic->stem == "cmpxchg";
  if (exchanges) return Refusal{"exchanges the stack pointer"};
  if (in.op() == Op::kMov && in.last().kind == Operand::kRegister &&
      in.last().reg.kind == RegisterKind::kQuad) {
    out.add(narrow(in, context));
    return {};
  }
  if (in.names(kR11)) return Refusal{"%r11 is needed to copy the stack pointer"};
  Instruction use = in;
  for (Operand& operand : use) {
    if (is_wide_stack_register(operand)) operand = register_operand(kQuadR11);
  }
  out.lock();
  out.add_settled(make_instruction("movl", register_operand(kEsp), register_operand(kLongR11)));
  out.add(use);
  out.unlock();
  return {};
}

// lea of a host address: the offset is its lower half.
Result<void, Refusal> lea(const Instruction& in, Sequence& out, Context& context) {
  const Register to = in.last().reg;
  const Memory& memory = in.operands[0].memory;
  if (in.operands[0].kind != Operand::kMemory || !to.is_general()) {
    return Refusal{"not the operands of a lea"};
  }
  if (memory.base.kind == RegisterKind::kIp &&
      context.symbols.is_undefined_weak(memory.displacement)) {
    out.add_settled(make_instruction("movl", immediate_operand(memory.displacement),
                                     register_operand(as_long(to))));
    return {};
  }
  if (to.kind == RegisterKind::kWord) {
    out.add_settled(make_instruction("leal", in.operands[0], register_operand(kLongR11)));
    out.add_settled(make_instruction("movw", register_operand({RegisterKind::kWord, kR11}),
                                     register_operand(to)));
    return {};
  }
  out.add_settled(narrow(in, context));
  return {};
}

Result<void, Refusal> apply(const Instruction& in, Sequence& out, Context& context) {
  if (in.op() == Op::kLeave) {
    const Instruction restore =
        make_instruction("movl", register_operand(as_long(kRbp)), register_operand(kEsp));
    add_move(restore, out, context);
    out.add_settled(make_instruction("popq", register_operand(kRbp)));
    return {};
  }
  if (writes_two(in)) return Refusal{"exchanges the stack pointer"};
  if (writes_stack_pointer(in)) return write(in, out, context);
  if (in.op() == Op::kLea) return lea(in, out, context);
  return read(in, out, context);
}

}  // namespace

const Pass kStackPointerPass{"stack pointer", applies, apply};

}  // namespace rawposix::rewrite
