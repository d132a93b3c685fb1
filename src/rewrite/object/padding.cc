// SPDX-License-Identifier: Apache-2.0
#include "rewrite/object/padding.h"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "support/check.h"

namespace rawposix::rewrite {
namespace {

constexpr uint64_t kBundleSize = 32;

// Intel SDM volume 2, NOP, table 4-12.
constexpr size_t kLongestNop = 9;
constexpr std::array<std::array<uint8_t, kLongestNop>, kLongestNop> kNops = {{
    {0x90},
    {0x66, 0x90},
    {0x0f, 0x1f, 0x00},
    {0x0f, 0x1f, 0x40, 0x00},
    {0x0f, 0x1f, 0x44, 0x00, 0x00},
    {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
    {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
    {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
}};

struct Range {
  uint64_t start;
  uint64_t end;
};

bool is_nop(const ZydisDecodedInstruction& in) {
  if (in.mnemonic != ZYDIS_MNEMONIC_NOP) return false;
  if (in.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT) return in.opcode == 0x90;
  return in.opcode_map == ZYDIS_OPCODE_MAP_0F && in.opcode == 0x1f;
}

class SectionPass {
 public:
  explicit SectionPass(ElfObject::CodeSection& code) : code_(code), targets_(code.targets) {
    const ZyanStatus status =
        ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    CHECK(ZYAN_SUCCESS(status));
  }

  Result<void, Refusal> run() {
    for (uint64_t at = 0; at < code_.bytes.size();) {
      ZydisDecodedInstruction in;
      const ZyanStatus status = ZydisDecoderDecodeInstruction(
          &decoder_, nullptr, code_.bytes.data() + at, code_.bytes.size() - at, &in);
      if (!ZYAN_SUCCESS(status)) {
        return Refusal{"bytes at offset " + std::to_string(at) + " of section " +
                       std::to_string(code_.index) + " aren't an instruction"};
      }
      visit(at, in);
      at += in.length;
    }
    std::sort(targets_.begin(), targets_.end());
    for (const Range& run : nops_) refill(run);
    return {};
  }

 private:
  void visit(uint64_t at, const ZydisDecodedInstruction& in) {
    const uint64_t end = at + in.length;
    if (is_nop(in)) {
      if (!nops_.empty() && nops_.back().end == at) {
        nops_.back().end = end;
      } else {
        nops_.push_back({at, end});
      }
      return;
    }
    if (in.raw.imm[0].is_relative) {
      targets_.push_back(end + static_cast<uint64_t>(in.raw.imm[0].value.s));
    }
    while (next_relocation_ < code_.relocations.size() &&
           code_.relocations[next_relocation_]->r_offset < end) {
      fix_relocation(at, in, *code_.relocations[next_relocation_++]);
    }
  }

  // gas takes the displacement of a 32-bit address for unsigned, but table - 1000 may lie below 0.
  static void fix_relocation(uint64_t at, const ZydisDecodedInstruction& in, Elf64_Rela& entry) {
    if (ELF64_R_TYPE(entry.r_info) != R_X86_64_32 || in.address_width != 32) return;
    if (in.raw.disp.size != 32 || entry.r_offset != at + in.raw.disp.offset) return;
    entry.r_info = ELF64_R_INFO(ELF64_R_SYM(entry.r_info), R_X86_64_32S);
  }

  // Nops are merged within a bundle and between branch targets only.
  void refill(const Range& run) {
    uint64_t at = run.start;
    auto target = std::upper_bound(targets_.begin(), targets_.end(), at);
    while (at < run.end) {
      uint64_t end = std::min(run.end, (at / kBundleSize + 1) * kBundleSize);
      while (target != targets_.end() && *target <= at) ++target;
      if (target != targets_.end()) end = std::min(end, *target);
      fill_with_nops(code_.bytes.subspan(at, end - at));
      at = end;
    }
  }

  ElfObject::CodeSection& code_;
  ZydisDecoder decoder_;
  std::vector<uint64_t> targets_;
  std::vector<Range> nops_;
  size_t next_relocation_ = 0;
};

}  // namespace

void fill_with_nops(std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    const size_t size = std::min(bytes.size(), kLongestNop);
    std::memcpy(bytes.data(), kNops[size - 1].data(), size);
    bytes = bytes.subspan(size);
  }
}

Result<void, Refusal> finish_object(ElfObject& object) {
  for (ElfObject::CodeSection& code : object.code()) TRY(SectionPass(code).run());
  return {};
}

}  // namespace rawposix::rewrite
