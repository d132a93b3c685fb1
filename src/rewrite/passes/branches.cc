// SPDX-License-Identifier: Apache-2.0
// Calls push a clean return address and jump; indirect branches and returns go through Q1.
#include "rewrite/passes/passes.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

bool is_got_load(const Operand& operand) {
  return operand.indirect && operand.kind == Operand::kMemory &&
         operand.memory.base.kind == RegisterKind::kIp && !operand.memory.segment &&
         operand.memory.displacement.ends_with("@GOTPCREL");
}

// The symbol of a direct branch, or of an indirect one through the global offset table: images are
// linked statically, so the two are the same.
std::string_view direct_target(const Operand& operand) {
  const bool direct = operand.kind == Operand::kMemory && !operand.indirect &&
                      operand.memory.is_absolute() && !operand.memory.segment;
  if (!direct && !is_got_load(operand)) return {};
  const std::string_view target = operand.memory.displacement;
  return target.substr(0, target.find('@'));
}

bool is_relative_to_dot(std::string_view target) {
  return target.front() == '.' && (target.size() == 1 || !is_name_char(target[1]));
}

Result<void, Refusal> check_target(std::string_view target) {
  if (is_relative_to_dot(target)) {
    return Refusal{"a branch relative to '.' would miss its target; use a label"};
  }
  if (target.front() == '"' || is_name_start(target.front()) ||
      target.find_first_of("fb") != std::string_view::npos) {
    return {};
  }
  return Refusal{"a branch needs a label as its target"};
}

// mov target, %r11d
Result<void, Refusal> load_target(const Operand& operand, Sequence& out) {
  Operand source = operand;
  source.indirect = false;
  source.text = {};
  if (source.kind == Operand::kRegister) {
    if (source.reg.kind != RegisterKind::kQuad) return Refusal{"a branch target has 64 bits"};
    source.reg = as_long(source.reg);
    if (source.reg == kLongR11) return {};
  } else if (source.kind != Operand::kMemory) {
    return Refusal{"not a branch target"};
  }
  out.add(make_instruction("movl", source, register_operand(kLongR11)));
  return {};
}

void load_symbol(std::string_view symbol, Sequence& out) {
  out.add_settled(make_instruction("movl", immediate_operand(symbol), register_operand(kLongR11)));
}

void push_return(std::string_view label, Sequence& out) {
  out.add_settled(make_instruction("pushq", immediate_operand(label)));
}

Result<void, Refusal> call(const Operand& target, Sequence& out, Context& context) {
  const std::string_view symbol = direct_target(target);
  const std::string_view label = context.new_label();
  if (!symbol.empty() && !context.symbols.is_undefined_weak(symbol)) {
    TRY(check_target(symbol));
    push_return(label, out);
    out.add_settled(make_instruction("jmp", symbol_operand(symbol)));
  } else {
    // A direct jump to a weak symbol that stays undefined would leave the image.
    if (symbol.empty()) {
      TRY(load_target(target, out));
    } else {
      load_symbol(symbol, out);
    }
    push_return(label, out);
    add_indirect_branch(out);
  }
  add_return_label(label, out, context);
  return {};
}

Result<void, Refusal> jump(const Operand& target, Sequence& out, Context& context) {
  const std::string_view symbol = direct_target(target);
  if (!symbol.empty() && !context.symbols.is_undefined_weak(symbol)) {
    TRY(check_target(symbol));
    out.add_settled(make_instruction("jmp", symbol_operand(symbol)));
    return {};
  }
  if (symbol.empty()) {
    TRY(load_target(target, out));
  } else {
    load_symbol(symbol, out);
  }
  add_indirect_branch(out);
  return {};
}

Result<void, Refusal> conditional(const Instruction& in, Sequence& out, Context& context) {
  const std::string_view symbol = direct_target(in.operands[0]);
  if (symbol.empty()) return Refusal{"a conditional branch needs a label as its target"};
  TRY(check_target(symbol));
  if (context.symbols.is_undefined_weak(symbol)) {
    return Refusal{"conditional branch to a weak symbol without definition here"};
  }
  out.add_settled(make_instruction(in.name, symbol_operand(symbol)));
  return {};
}

// jrcxz reaches 127 bytes only, and code grows; loop isn't allowed at all. So
//   [lea -1(%rcx),%rcx;] jrcxz zero; jmp nonzero; zero: ...
Result<void, Refusal> count_branch(const Instruction& in, Sequence& out, Context& context) {
  const std::string_view symbol = direct_target(in.operands[0]);
  if (symbol.empty()) return Refusal{"it needs a label as its target"};
  TRY(check_target(symbol));
  const bool is_loop = in.op() == Op::kLoop;
  const std::string_view zero = context.new_label();
  const std::string_view done = is_loop ? zero : context.new_label();
  if (is_loop) {
    out.add_settled(make_instruction("leaq", memory_operand("-1", kRcx), register_operand(kRcx)));
  }
  out.lock();
  out.add_settled(make_instruction("jrcxz", symbol_operand(zero)));
  out.add_settled(make_instruction("jmp", symbol_operand(is_loop ? symbol : done)));
  out.add_directive(context.pool.keep(std::string(zero) + ':'));
  if (!is_loop) {
    out.add_settled(make_instruction("jmp", symbol_operand(symbol)));
    out.add_directive(context.pool.keep(std::string(done) + ':'));
  }
  out.unlock();
  return {};
}

Result<void, Refusal> ret(const Instruction& in, Sequence& out) {
  if (in.operand_count > 0) return Refusal{"a return can't drop arguments"};
  out.add_settled(make_instruction("popq", register_operand(kQuadR11)));
  add_indirect_branch(out);
  return {};
}

bool applies(const Instruction& in) { return in.op() >= Op::kCall && in.op() <= Op::kLoop; }

Result<void, Refusal> apply(const Instruction& in, Sequence& out, Context& context) {
  if (in.op() == Op::kRet) return ret(in, out);
  if (in.operand_count != 1) return Refusal{"a branch has one operand"};
  switch (in.op()) {
    case Op::kCall:
      if (flags_are_read_at_once(context)) {
        return Refusal{"the flags that a function leaves aren't kept"};
      }
      return call(in.operands[0], out, context);
    case Op::kJmp:
      return jump(in.operands[0], out, context);
    case Op::kJcc:
      return conditional(in, out, context);
    default:
      return count_branch(in, out, context);
  }
}

}  // namespace

const Pass kBranchPass{"branches", applies, apply};

}  // namespace rawposix::rewrite
