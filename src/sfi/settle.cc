// SPDX-License-Identifier: Apache-2.0
#include "sfi/settle.h"

#include <cstdint>
#include <optional>

#include "sfi/layout.h"
#include "verify/sequence.h"

namespace rawposix::sfi {
namespace {

using verify::SequencePosition;
using verify::SequenceStep;

void truncate_pointers(Registers& regs, const SequencePosition& place) {
  if (place.uses_rdi) regs.rdi = static_cast<uint32_t>(regs.rdi);
  if (place.uses_rsi) regs.rsi = static_cast<uint32_t>(regs.rsi);
}

// Where the guest goes on, as an offset into the slot.
uint64_t resumption(const Registers& regs, const SequencePosition& place, uint64_t code_start) {
  switch (place.step) {
    case SequenceStep::kBranchRebase:
    case SequenceStep::kBranchJump:
      return static_cast<uint32_t>(regs.r11) & ~(kBundleSize - 1);
    case SequenceStep::kStackRebase:
    case SequenceStep::kKeepFlagsRebase:
    case SequenceStep::kStringTruncate:
      return code_start + place.end;
    case SequenceStep::kKeepFlagsUpdate:
    case SequenceStep::kStringPrepare:
    case SequenceStep::kScratchUse:
      break;
  }
  return code_start + place.start;
}

}  // namespace

void settle(Registers& regs, const CodeMap* code) {
  if (code == nullptr || regs.rip - code->start >= code->size) return;
  std::optional<SequencePosition> place = verify::locate(
      {code->code, code->size}, code->safe_points, static_cast<uint32_t>(regs.rip - code->start));
  if (!place) return;
  truncate_pointers(regs, *place);
  regs.rip = resumption(regs, *place, code->start);
}

std::optional<uint64_t> system_call_instruction(const CodeMap& code, uint64_t return_offset) {
  // jmp *16(%r14) or *24(%r14), then padding to the return address.
  constexpr std::array<uint8_t, 3> kEntryJump = {0x41, 0xff, 0x66};
  constexpr uint64_t kJumpLength = 4;
  for (uint64_t back = 1; back < kBundleSize + kJumpLength && back <= return_offset; back++) {
    uint64_t offset = return_offset - back;
    if (!code.is_safe_point(offset)) continue;
    const uint8_t* bytes = code.code + (offset - code.start);
    const uint64_t left = code.size - (offset - code.start);
    if (left >= kJumpLength && back >= kJumpLength &&
        std::memcmp(bytes, kEntryJump.data(), kEntryJump.size()) == 0) {
      return offset;
    }
    const bool is_nop = bytes[0] == 0x90 || bytes[0] == 0x66 || bytes[0] == 0x0f;
    if (!is_nop) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace rawposix::sfi
