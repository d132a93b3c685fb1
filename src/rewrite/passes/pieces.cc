// SPDX-License-Identifier: Apache-2.0
#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {

Instruction rebase(Register to) {
  return make_instruction("addq", memory_operand("", kQuadR14), register_operand(to));
}

Instruction load_base() {
  return make_instruction("movq", memory_operand("", kQuadR14), register_operand(kQuadR11));
}

Instruction load_thread_pointer(Register to) {
  return make_instruction("movq", memory_operand("8", kQuadR14), register_operand(to));
}

void add_indirect_branch(Sequence& out) {
  out.lock();
  out.add_settled(make_instruction("andl", immediate_operand("-32"), register_operand(kLongR11)));
  out.add_settled(rebase(kQuadR11));
  Operand target = register_operand(kQuadR11);
  target.indirect = true;
  out.add_settled(make_instruction("jmp", target));
  out.unlock();
}

void add_return_label(std::string_view label, Sequence& out, Context& context) {
  out.add_directive(".p2align 5");
  out.add_directive(context.pool.keep(std::string(label) + ':'));
}

}  // namespace rawposix::rewrite
