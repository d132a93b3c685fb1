// SPDX-License-Identifier: Apache-2.0
// %fs stays the host's: what code finds through it goes through the thread pointer in the context
// block. Thread-local displacements get an instruction of their own, as gas has no relocation for
// them in a 32-bit address.
#include "rewrite/expression.h"
#include "rewrite/passes/passes.h"

namespace rawposix::rewrite {
namespace {

bool is_tls_offset(std::string_view displacement) {
  return displacement.find("@tpoff") != std::string_view::npos ||
         displacement.find("@TPOFF") != std::string_view::npos ||
         displacement.find("@dtpoff") != std::string_view::npos ||
         displacement.find("@DTPOFF") != std::string_view::npos;
}

bool applies(const Instruction& in) {
  for (const Operand& operand : in) {
    if (operand.kind != Operand::kMemory) continue;
    if (operand.memory.segment == kFs || is_tls_offset(operand.memory.displacement)) return true;
  }
  return false;
}

// Local-dynamic offsets are relative to the module's block, which in a static image is the
// thread's: the same as offsets from the thread pointer but for the constant that the rewritten
// call of __tls_get_addr leaves out (tls_call.cc).
std::string_view as_tpoff(std::string_view displacement, Context& context) {
  for (const std::string_view name : {"@dtpoff", "@DTPOFF"}) {
    const size_t at = displacement.find(name);
    if (at == std::string_view::npos) continue;
    return context.pool.keep(std::string(displacement.substr(0, at))
                                 .append("@tpoff")
                                 .append(displacement.substr(at + name.size())));
  }
  return displacement;
}

// mov %fs:0, %reg and add %fs:0, %reg
bool is_thread_pointer(const Instruction& in, const Memory& memory) {
  if ((in.op() != Op::kMov && in.op() != Op::kAdd) || in.operand_count != 2) return false;
  const Operand& to = in.last();
  return to.kind == Operand::kRegister && to.reg.kind == RegisterKind::kQuad &&
         to.reg.number != kSp && memory.is_absolute() && evaluate(memory.displacement) == 0;
}

// A mov may end in the scratch register it goes through.
bool reads_scratch(const Instruction& in) {
  const bool loads = in.op() == Op::kMov && in.last().kind == Operand::kRegister;
  return loads ? in.operands[0].names(kR11) : in.names(kR11);
}

Instruction lea_scratch(const Memory& memory) {
  return make_instruction("leal", memory_operand(memory), register_operand(kLongR11));
}

// %fs:d(b,i,s): %r11 = thread pointer, plus the base if there is an index as well.
Memory through_scratch(Memory memory, Sequence& out) {
  memory.segment = {};
  out.add_settled(load_thread_pointer(kQuadR11));
  if (!memory.base) {
    memory.base = kQuadR11;
  } else if (!memory.has_index()) {
    memory.index = memory.base;
    memory.scale = 0;
    memory.base = kQuadR11;
    if (memory.index.number == kSp) std::swap(memory.base, memory.index);
  } else {
    Memory sum{.base = kQuadR11, .index = memory.base};
    if (sum.index.number == kSp) std::swap(sum.base, sum.index);
    out.add_settled(lea_scratch(sum));
    memory.base = kQuadR11;
  }
  return memory;
}

Result<void, Refusal> apply(const Instruction& source, Sequence& out, Context& context) {
  Instruction in = source;
  Operand& operand = *in.memory();
  Memory& memory = operand.memory;
  const bool from_fs = memory.segment == kFs;
  if (from_fs && is_thread_pointer(in, memory)) {
    in.operands[0] = memory_operand("8", kQuadR14);
    out.add_settled(in);
    return {};
  }
  if (from_fs && (in.op() == Op::kLea || memory.base.kind == RegisterKind::kIp)) {
    return Refusal{"unsupported use of %fs"};
  }
  if (from_fs && reads_scratch(in)) return Refusal{"%r11 is needed to reach %fs"};
  operand.text = {};
  memory.displacement = as_tpoff(memory.displacement, context);
  if (from_fs) {
    memory = through_scratch(memory, out);
    if (memory.index.is(kR11)) return Refusal{"unsupported use of %fs"};
  }
  if (is_tls_offset(memory.displacement) && in.op() != Op::kLea) {
    if (from_fs) return Refusal{"a thread-local offset from %fs; use -mno-tls-direct-seg-refs"};
    out.add_settled(make_instruction("leaq", memory_operand(memory), register_operand(kQuadR11)));
    memory = Memory{.base = kLongR11};
  }
  out.add(in);
  return {};
}

}  // namespace

const Pass kTlsPass{"tls", applies, apply};

}  // namespace rawposix::rewrite
