// SPDX-License-Identifier: Apache-2.0
#include "verify/decoder.h"

#include <algorithm>

#include "support/check.h"

namespace rawposix::verify {
namespace {

bool same_memory(const ZydisDecodedOperandMem& a, const ZydisDecodedOperandMem& b) {
  return a.type == b.type && a.segment == b.segment && a.base == b.base && a.index == b.index &&
         a.scale == b.scale && a.disp.value == b.disp.value;
}

bool same_operand(const ZydisDecodedOperand& a, const ZydisDecodedOperand& b) {
  if (a.type != b.type || a.visibility != b.visibility || a.actions != b.actions ||
      a.size != b.size || a.element_type != b.element_type || a.element_count != b.element_count) {
    return false;
  }
  switch (a.type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
      return a.reg.value == b.reg.value;
    case ZYDIS_OPERAND_TYPE_MEMORY:
      return same_memory(a.mem, b.mem);
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
      return a.imm.value.u == b.imm.value.u && a.imm.is_relative == b.imm.is_relative;
    default:
      return false;
  }
}

bool same_modifiers(const ZydisDecodedInstructionAvx& a, const ZydisDecodedInstructionAvx& b) {
  return a.mask.mode == b.mask.mode && a.mask.reg == b.mask.reg &&
         a.broadcast.mode == b.broadcast.mode && a.rounding.mode == b.rounding.mode &&
         a.has_sae == b.has_sae;
}

}  // namespace

Decoder::Decoder() {
  CHECK(
      ZYAN_SUCCESS(ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)));
}

Rule Decoder::decode(const uint8_t* window, Decoded& decoded) const {
  ZyanStatus status = ZydisDecoderDecodeFull(&decoder_, window, kMaxInstruction,
                                             &decoded.instruction, decoded.storage.data());
  if (ZYAN_SUCCESS(status)) return Rule::kNone;
  if (status == ZYDIS_STATUS_ILLEGAL_LOCK) return Rule::kPrefix;
  return Rule::kDecode;
}

uint8_t Decoder::length(std::span<const uint8_t> bytes) const {
  ZydisDecodedInstruction instruction;
  ZyanStatus status = ZydisDecoderDecodeInstruction(
      &decoder_, nullptr, bytes.data(), std::min(bytes.size(), kMaxInstruction), &instruction);
  return ZYAN_SUCCESS(status) ? instruction.length : uint8_t{0};
}

bool same_meaning(const Decoded& a, const Decoded& b) {
  return a.instruction.mnemonic == b.instruction.mnemonic &&
         a.instruction.encoding == b.instruction.encoding &&
         same_modifiers(a.instruction.avx, b.instruction.avx) &&
         std::equal(a.operands().begin(), a.operands().end(), b.operands().begin(),
                    b.operands().end(), same_operand);
}

}  // namespace rawposix::verify
