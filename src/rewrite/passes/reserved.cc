// SPDX-License-Identifier: Apache-2.0
// %r14 points to host memory and %r11 is the scratch of guard sequences. Hand-written code for
// cages may use what the verifier allows of them: the thread pointer, the entries, %r11d. Segment,
// control and debug registers are the host's.
#include <algorithm>

#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {
namespace {

bool is_context_field(const Operand& operand, std::string_view displacement) {
  const Memory& memory = operand.memory;
  return operand.kind == Operand::kMemory && memory.base == kQuadR14 && !memory.index &&
         !memory.segment && memory.displacement == displacement;
}

bool is_thread_pointer_load(const Instruction& in) {
  if ((in.op() != Op::kMov && in.op() != Op::kAdd) || in.operand_count != 2) return false;
  const Operand& to = in.operands[1];
  return is_context_field(in.operands[0], "8") && to.kind == Operand::kRegister &&
         to.reg.kind == RegisterKind::kQuad && to.reg.number != kSp && to.reg.number != kR14;
}

bool is_entry_jump(const Instruction& in) {
  if (in.op() != Op::kJmp || in.operand_count != 1 || !in.operands[0].indirect) return false;
  return is_context_field(in.operands[0], "16") || is_context_field(in.operands[0], "24");
}

bool names_wide_r11(const Operand& operand) {
  if (operand.kind == Operand::kRegister) return operand.reg == kQuadR11;
  return operand.kind == Operand::kMemory &&
         (operand.memory.base == kQuadR11 || operand.memory.index == kQuadR11);
}

bool is_the_hosts(const Operand& operand) {
  return operand.kind == Operand::kRegister &&
         (operand.reg.kind == RegisterKind::kSegment || operand.reg.kind == RegisterKind::kSystem);
}

bool applies(const Instruction& in) {
  return std::any_of(in.begin(), in.end(), [](const Operand& operand) {
    return operand.names(kR14) || operand.names(kR11) || is_the_hosts(operand);
  });
}

Result<void, Refusal> apply(const Instruction& in, Sequence& out, Context&) {
  if (is_thread_pointer_load(in) || is_entry_jump(in)) {
    out.add_settled(in);
    return {};
  }
  if (std::any_of(in.begin(), in.end(), is_the_hosts)) {
    return Refusal{"segment, control and debug registers belong to the host"};
  }
  if (in.names(kR14)) return Refusal{"%r14 is reserved in cages (compile with -ffixed-r14)"};
  for (const Operand& operand : in) {
    if (names_wide_r11(operand)) {
      return Refusal{"%r11 is reserved in cages (compile with -ffixed-r11)"};
    }
  }
  out.add(in);
  return {};
}

}  // namespace

const Pass kReservedPass{"reserved", applies, apply};

}  // namespace rawposix::rewrite
