// SPDX-License-Identifier: Apache-2.0
#include "verify/judge.h"

#include <array>

#include "verify/canonical.h"
#include "verify/operands.h"

namespace rawposix::verify {
namespace {

using MnemonicSet = std::array<bool, ZYDIS_MNEMONIC_MAX_VALUE + 1>;

constexpr MnemonicSet make_allowed() {
  MnemonicSet allowed = {};
#define X(name) allowed[ZYDIS_MNEMONIC_##name] = true;
#include "verify/allowed.def"
#undef X
  return allowed;
}
constexpr MnemonicSet kAllowed = make_allowed();

bool is_string(const Decoded& decoded) {
  return decoded.instruction.meta.category == ZYDIS_CATEGORY_STRINGOP;
}

// Mnemonics that another, refused extension shares.
bool is_foreign(const Decoded& decoded) {
  ZydisInstructionEncoding encoding = decoded.instruction.encoding;
  bool known = encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY ||
               encoding == ZYDIS_INSTRUCTION_ENCODING_VEX ||
               encoding == ZYDIS_INSTRUCTION_ENCODING_EVEX;
  if (!known) return true;  // XOP, 3DNow!, MVEX
  switch (decoded.instruction.meta.isa_ext) {
    case ZYDIS_ISA_EXT_KNC:
    case ZYDIS_ISA_EXT_KNCE:
    case ZYDIS_ISA_EXT_KNCV:
    case ZYDIS_ISA_EXT_FMA4:
    case ZYDIS_ISA_EXT_XOP:
    case ZYDIS_ISA_EXT_TBM:
    case ZYDIS_ISA_EXT_AMD3DNOW:
      return true;
    default:
      return false;
  }
}

Rule check_listed(const Decoded& decoded) {
  if (is_string(decoded)) return Rule::kString;
  if (is_foreign(decoded)) return Rule::kInstruction;
  return kAllowed[decoded.instruction.mnemonic] ? Rule::kNone : Rule::kInstruction;
}

// The header must be what the decoder sees: else equal keys might hide different instructions.
bool agrees(const Header& header, const ZydisDecodedInstruction& instruction) {
  bool modrm = (instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0;
  bool sib = (instruction.attributes & ZYDIS_ATTRIB_HAS_SIB) != 0;
  if (modrm != header.has_modrm || sib != header.has_sib) return false;
  unsigned tail = sib ? 2 : modrm ? 1 : 0;
  if (modrm && instruction.raw.modrm.offset != header.size - tail) return false;
  if (instruction.opcode != header.opcode) return false;
  if (instruction.raw.disp.size != header.displacement_size * 8) return false;
  if (header.displacement_size != 0 && instruction.raw.disp.offset != header.size) return false;
  unsigned immediates = instruction.raw.imm[0].size / 8 + instruction.raw.imm[1].size / 8;
  return instruction.length == header.size + header.displacement_size + immediates;
}

// 3DNow! has its opcode behind the displacement: no header tells such instructions apart.
bool is_3dnow(const Header& header) {
  return header.encoding == Encoding::kLegacy && header.map == 1 && header.opcode == 0x0f;
}

bool is_plain(const Header& header, uint8_t rex, uint8_t map, uint8_t opcode) {
  return header.encoding == Encoding::kLegacy && header.prefixes == 0 && header.rex() == rex &&
         header.map == map && header.opcode == opcode;
}

// mov 8(%r14), %r64 and add 8(%r14), %r64, disp8 form.
bool is_thread_pointer(const Header& header) {
  bool opcode = header.opcode == 0x8b || header.opcode == 0x03;
  bool rex = header.rex() == 0x49 || header.rex() == 0x4d;
  if (!opcode || !rex || !is_plain(header, header.rex(), 0, header.opcode)) return false;
  if ((header.modrm & 0xc7) != 0x46) return false;
  unsigned destination = ((header.modrm >> 3) & 7) | ((header.rex() & 4) << 1);
  return destination != 4 && destination != 14;
}

// Forms that are allowed although the general rules refuse them: whole headers.
bool judge_fixed_form(const Header& header, uint16_t& traits) {
  if (is_thread_pointer(header)) {
    bool load = header.opcode == 0x8b;
    bool scratch = header.rex() == 0x4d && (header.modrm & 0x38) == 0x18;
    traits = kThreadPointer;
    if (scratch) traits |= load ? kDefinesScratch : kReadsScratch;
    return true;
  }
  if (is_plain(header, 0x41, 0, 0xff) && header.modrm == 0x66) {
    traits = kEntry;
    return true;
  }
  if (is_plain(header, 0x4d, 0, 0x8b) && header.modrm == 0x1e) {
    traits = kLoadsBase;
    return true;
  }
  if (is_plain(header, 0x48, 0, 0x83) && header.modrm == 0xe4) {
    traits = kStackAlign;
    return true;
  }
  return false;
}

// No prefix but REX without W on branches (3.4), none but direct ones.
Rule judge_branch(const Header& header, const Decoded& decoded, uint16_t& traits) {
  if (header.prefixes != 0 || (header.rex() & 8) != 0) return Rule::kPrefix;
  const ZydisDecodedOperand& target = decoded.storage[0];
  bool direct = target.type == ZYDIS_OPERAND_TYPE_IMMEDIATE && target.imm.is_relative;
  if (!direct) return Rule::kIndirectBranch;
  traits |= kRelativeBranch;
  return Rule::kNone;
}

bool is_sixteen_bit_stack(const Decoded& decoded) {
  ZydisMnemonic mnemonic = decoded.instruction.mnemonic;
  bool stack = mnemonic == ZYDIS_MNEMONIC_PUSH || mnemonic == ZYDIS_MNEMONIC_POP;
  return stack && decoded.instruction.operand_width == 16;
}

// moffs: an absolute address without ModRM; the canonical form has one.
bool is_moffs(const Header& header) {
  return header.encoding == Encoding::kLegacy && header.map == 0 && header.opcode >= 0xa0 &&
         header.opcode <= 0xa3;
}

uint16_t scratch_traits(const Header& header, const Decoded& decoded) {
  uint16_t traits = 0;
  ZydisMnemonic mnemonic = decoded.instruction.mnemonic;
  const ZydisDecodedOperand& destination = decoded.storage[0];
  bool copies = mnemonic == ZYDIS_MNEMONIC_MOV || mnemonic == ZYDIS_MNEMONIC_LEA;
  if (copies && destination.type == ZYDIS_OPERAND_TYPE_REGISTER &&
      destination.reg.value == ZYDIS_REGISTER_R11D) {
    traits |= kDefinesScratch;
  }
  if (is_plain(header, 0x41, 0, 0x83) && header.modrm == 0xe3) traits |= kMasksScratch;
  return traits;
}

Rule judge_decoded(const Decoder& decoder, const uint8_t* window, const Header& header,
                   const Decoded& decoded, uint16_t& traits) {
  Rule rule = check_listed(decoded);
  if (rule != Rule::kNone) return rule;
  if (is_moffs(header)) return Rule::kAddress;
  if (!agrees(header, decoded.instruction)) return Rule::kDecode;
  if (judge_fixed_form(header, traits)) return Rule::kNone;
  if (decoded.instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE) {
    rule = judge_branch(header, decoded, traits);
    if (rule != Rule::kNone) return rule;
  }
  if (is_sixteen_bit_stack(decoded)) return Rule::kStackOperand;

  rule = check_canonical(decoder, window, header, decoded);
  if (rule != Rule::kNone) return rule;
  if (decoded.instruction.mnemonic == ZYDIS_MNEMONIC_NOP) {
    traits |= kZeroDisplacement;
    return Rule::kNone;
  }
  rule = check_operands(header, decoded, traits);
  traits |= scratch_traits(header, decoded);
  return rule;
}

}  // namespace

Verdict judge(const Decoder& decoder, const uint8_t* window, const Header& header) {
  Verdict verdict;
  if (is_3dnow(header)) return {.rule = Rule::kInstruction};
  Decoded decoded;
  verdict.rule = decoder.decode(window, decoded);
  if (verdict.rule != Rule::kNone) return verdict;
  verdict.rule = judge_decoded(decoder, window, header, decoded, verdict.traits);
  if (verdict.rule == Rule::kNone) {
    verdict.immediate_size =
        static_cast<uint8_t>(decoded.instruction.length - header.size - header.displacement_size);
  }
  return verdict;
}

}  // namespace rawposix::verify
