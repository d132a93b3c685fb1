// SPDX-License-Identifier: Apache-2.0
#include "verify/operands.h"

#include <algorithm>

#include "verify/judge.h"

namespace rawposix::verify {
namespace {

bool is_general(ZydisRegister reg) { return reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_R15; }

// The 64-bit register that `reg` is a part of, if it is a general one.
ZydisRegister whole(ZydisRegister reg) {
  if (!is_general(reg)) return reg;
  return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
}

bool reads(const ZydisDecodedOperand& operand) {
  return (operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
}
bool writes(const ZydisDecodedOperand& operand) {
  return (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
}
bool is_explicit(const ZydisDecodedOperand& operand) {
  return operand.visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT;
}

// push, pop and pushfq: the only ones that use the stack implicitly.
bool uses_stack(ZydisMnemonic mnemonic) {
  return mnemonic == ZYDIS_MNEMONIC_PUSH || mnemonic == ZYDIS_MNEMONIC_POP ||
         mnemonic == ZYDIS_MNEMONIC_PUSHFQ;
}

bool is_bit_test(ZydisMnemonic mnemonic) {
  return mnemonic == ZYDIS_MNEMONIC_BT || mnemonic == ZYDIS_MNEMONIC_BTS ||
         mnemonic == ZYDIS_MNEMONIC_BTR || mnemonic == ZYDIS_MNEMONIC_BTC;
}

bool is_lea(const Decoded& decoded) { return decoded.instruction.mnemonic == ZYDIS_MNEMONIC_LEA; }

// Registers that have no part in the isolation.
bool is_harmless(ZydisRegister reg) {
  switch (ZydisRegisterGetClass(reg)) {
    case ZYDIS_REGCLASS_X87:
    case ZYDIS_REGCLASS_MMX:
    case ZYDIS_REGCLASS_XMM:
    case ZYDIS_REGCLASS_YMM:
    case ZYDIS_REGCLASS_ZMM:
    case ZYDIS_REGCLASS_MASK:
    case ZYDIS_REGCLASS_FLAGS:
      return true;
    default:
      break;
  }
  switch (reg) {
    case ZYDIS_REGISTER_X87CONTROL:
    case ZYDIS_REGISTER_X87STATUS:
    case ZYDIS_REGISTER_X87TAG:
    case ZYDIS_REGISTER_MXCSR:
    case ZYDIS_REGISTER_XCR0:  // xgetbv; writers aren't on the list
      return true;
    default:
      return false;
  }
}

class OperandCheck {
 public:
  OperandCheck(const Header& header, const Decoded& decoded, uint16_t& traits)
      : header_(header), decoded_(decoded), traits_(traits) {}

  Rule run() {
    for (const ZydisDecodedOperand& operand : decoded_.operands()) {
      Rule rule = check(operand);
      if (rule != Rule::kNone) return rule;
    }
    return check_segment_prefix();
  }

 private:
  Rule check(const ZydisDecodedOperand& operand) {
    switch (operand.type) {
      case ZYDIS_OPERAND_TYPE_REGISTER:
        return check_register(operand);
      case ZYDIS_OPERAND_TYPE_MEMORY:
        return check_memory(operand);
      case ZYDIS_OPERAND_TYPE_IMMEDIATE:
        return Rule::kNone;
      default:
        return Rule::kInstruction;
    }
  }

  Rule check_register(const ZydisDecodedOperand& operand) {
    ZydisRegister reg = operand.reg.value;
    if (is_general(reg)) return check_general(operand, reg);
    if (ZydisRegisterGetClass(reg) == ZYDIS_REGCLASS_SEGMENT) return Rule::kSegment;
    if (reg == ZYDIS_REGISTER_RIP && !is_explicit(operand)) return Rule::kNone;  // branches, int3
    return is_harmless(reg) ? Rule::kNone : Rule::kInstruction;
  }

  Rule check_general(const ZydisDecodedOperand& operand, ZydisRegister reg) {
    switch (whole(reg)) {
      case ZYDIS_REGISTER_R14:
        return Rule::kContext;
      case ZYDIS_REGISTER_RSP:
        return check_stack_pointer(operand, reg);
      case ZYDIS_REGISTER_R11:
        if (reg == ZYDIS_REGISTER_R11 && reads(operand)) traits_ |= kReadsScratch;
        return Rule::kNone;
      default:
        return Rule::kNone;
    }
  }

  Rule check_stack_pointer(const ZydisDecodedOperand& operand, ZydisRegister reg) {
    if (!is_explicit(operand)) {
      return uses_stack(decoded_.instruction.mnemonic) ? Rule::kNone : Rule::kStackWrite;
    }
    if (writes(operand)) return check_stack_write(reg);
    return reg == ZYDIS_REGISTER_RSP ? Rule::kStackRead : Rule::kNone;
  }

  // Operations of Q2 and Q3; everything else that names %rsp as destination is refused.
  Rule check_stack_write(ZydisRegister reg) {
    const ZydisDecodedOperand& destination = decoded_.storage[0];
    bool first = destination.type == ZYDIS_OPERAND_TYPE_REGISTER && destination.reg.value == reg;
    if (reg != ZYDIS_REGISTER_ESP || !first) return Rule::kStackWrite;
    switch (decoded_.instruction.mnemonic) {
      case ZYDIS_MNEMONIC_MOV:
      case ZYDIS_MNEMONIC_LEA:
        traits_ |= kWritesStack;
        if (!names_scratch()) traits_ |= kKeepsFlags;
        return Rule::kNone;
      case ZYDIS_MNEMONIC_ADD:
      case ZYDIS_MNEMONIC_SUB:
      case ZYDIS_MNEMONIC_AND:
        traits_ |= kWritesStack;
        return Rule::kNone;
      default:
        return Rule::kStackWrite;
    }
  }

  bool names_scratch() const {
    return std::any_of(decoded_.operands().begin(), decoded_.operands().end(), [](const auto& o) {
      if (o.type == ZYDIS_OPERAND_TYPE_REGISTER) return whole(o.reg.value) == ZYDIS_REGISTER_R11;
      if (o.type != ZYDIS_OPERAND_TYPE_MEMORY) return false;
      return whole(o.mem.base) == ZYDIS_REGISTER_R11 || whole(o.mem.index) == ZYDIS_REGISTER_R11;
    });
  }

  Rule check_memory(const ZydisDecodedOperand& operand) {
    if (is_lea(decoded_)) return check_lea(operand.mem);
    if (!is_explicit(operand)) {
      bool stack = uses_stack(decoded_.instruction.mnemonic) &&
                   operand.mem.base == ZYDIS_REGISTER_RSP &&
                   operand.mem.index == ZYDIS_REGISTER_NONE;
      return stack ? Rule::kNone : Rule::kInstruction;
    }
    bool vector_index = operand.mem.type == ZYDIS_MEMOP_TYPE_VSIB;
    if (operand.mem.type != ZYDIS_MEMOP_TYPE_MEM && !vector_index) return Rule::kInstruction;
    memory_ = true;
    if ((header_.prefixes & (kPrefix65 | kPrefix67)) != 0) return check_guarded(operand.mem);
    if (vector_index) return Rule::kAddress;
    return check_unguarded(operand.mem);
  }

  // M3 and M3v.
  Rule check_guarded(const ZydisDecodedOperandMem& memory) {
    constexpr uint8_t kGuard = kPrefix65 | kPrefix67;
    if ((header_.prefixes & kGuard) != kGuard) return Rule::kAddress;
    if (whole(memory.base) == ZYDIS_REGISTER_R14 || whole(memory.index) == ZYDIS_REGISTER_R14) {
      return Rule::kContext;
    }
    bool base = memory.base == ZYDIS_REGISTER_NONE ||
                ZydisRegisterGetClass(memory.base) == ZYDIS_REGCLASS_GPR32;
    bool index = memory.index == ZYDIS_REGISTER_NONE || memory.type == ZYDIS_MEMOP_TYPE_VSIB ||
                 ZydisRegisterGetClass(memory.index) == ZYDIS_REGCLASS_GPR32;
    bool guarded = memory.segment == ZYDIS_REGISTER_GS && base && index;
    return guarded ? Rule::kNone : Rule::kAddress;
  }

  // M1 and M2.
  Rule check_unguarded(const ZydisDecodedOperandMem& memory) {
    if (whole(memory.base) == ZYDIS_REGISTER_R14 || whole(memory.index) == ZYDIS_REGISTER_R14) {
      return Rule::kContext;
    }
    bool stack = memory.base == ZYDIS_REGISTER_RSP;
    if ((!stack && memory.base != ZYDIS_REGISTER_RIP) || memory.index != ZYDIS_REGISTER_NONE) {
      return Rule::kAddress;
    }
    bool register_offset = is_bit_test(decoded_.instruction.mnemonic) &&
                           decoded_.storage[1].type == ZYDIS_OPERAND_TYPE_REGISTER;
    if (register_offset) return Rule::kBitOffset;
    traits_ |= stack ? kStackAddress : kRipAddress;
    return Rule::kNone;
  }

  // lea computes without access; a 32-bit result can't hold a host address.
  Rule check_lea(const ZydisDecodedOperandMem& memory) {
    if ((header_.prefixes & kPrefix65) != 0) return Rule::kPrefix;
    for (ZydisRegister reg : {memory.base, memory.index}) {
      if (whole(reg) == ZYDIS_REGISTER_R14) return Rule::kContext;
      bool host = reg == ZYDIS_REGISTER_RSP || reg == ZYDIS_REGISTER_R11 ||
                  reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP;
      if (host && decoded_.instruction.operand_width != 32) return Rule::kLeaAddress;
    }
    return Rule::kNone;
  }

  // 65 and 67 without a memory operand to guard.
  Rule check_segment_prefix() const {
    bool guard = (header_.prefixes & (kPrefix65 | kPrefix67)) != 0;
    return guard && !memory_ && !is_lea(decoded_) ? Rule::kPrefix : Rule::kNone;
  }

  const Header& header_;
  const Decoded& decoded_;
  uint16_t& traits_;
  bool memory_ = false;
};

}  // namespace

Rule check_operands(const Header& header, const Decoded& decoded, uint16_t& traits) {
  return OperandCheck(header, decoded, traits).run();
}

}  // namespace rawposix::verify
