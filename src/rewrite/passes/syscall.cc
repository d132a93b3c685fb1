// SPDX-License-Identifier: Apache-2.0
#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {
namespace {

bool applies(const Instruction& in) { return in.op() == Op::kSyscall; }

Result<void, Refusal> apply(const Instruction&, Sequence& out, Context& context) {
  const std::string_view label = context.new_label();
  const bool fast = context.syscall_entry == SyscallEntry::kClobbersVectors;
  Operand entry = memory_operand(fast ? "16" : "24", kQuadR14);
  entry.indirect = true;
  out.add_settled(make_instruction("leal", memory_operand(label, Register{RegisterKind::kIp, 0}),
                                   register_operand(kLongR11)));
  out.add_settled(make_instruction("jmp", entry));
  add_return_label(label, out, context);
  return {};
}

}  // namespace

const Pass kSyscallPass{"syscall", applies, apply};

}  // namespace rawposix::rewrite
