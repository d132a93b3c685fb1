// SPDX-License-Identifier: Apache-2.0
#include "verify/sequence.h"

#include <algorithm>

namespace rawposix::verify {
namespace {

// Consumes templates from the front of a byte string.
class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> code) : code_(code) {}

  template <size_t kSize>
  bool take(const std::array<uint8_t, kSize>& bytes) {
    if (!starts_with(code_.subspan(position_), bytes)) return false;
    position_ += kSize;
    return true;
  }
  bool take(uint8_t byte) { return take(std::array<uint8_t, 1>{byte}); }
  uint32_t position() const { return static_cast<uint32_t>(position_); }

 private:
  std::span<const uint8_t> code_;
  size_t position_ = 0;
};

enum class Pointers : uint8_t { kNone, kRdi, kRsi, kBoth };

Pointers pointers_of(uint8_t opcode) {
  switch (opcode & 0xfe) {
    case 0xa4:  // movs
    case 0xa6:  // cmps
      return Pointers::kBoth;
    case 0xaa:  // stos
    case 0xae:  // scas
      return Pointers::kRdi;
    case 0xac:  // lods
      return Pointers::kRsi;
    default:
      return Pointers::kNone;
  }
}

bool compares(uint8_t opcode) { return (opcode & 0xfe) == 0xa6 || (opcode & 0xfe) == 0xae; }

// [66] [F2|F3] [48] opcode. repne exists for comparing instructions only; 66 and 48 exclude each
// other and need the opcode whose operand size they change.
Pointers take_string_instruction(Cursor& cursor, std::span<const uint8_t> code) {
  bool word = cursor.take(uint8_t{0x66});
  bool repne = cursor.take(uint8_t{0xf2});
  if (!repne) cursor.take(uint8_t{0xf3});
  bool quad = cursor.take(uint8_t{0x48});
  if (cursor.position() >= code.size()) return Pointers::kNone;
  uint8_t opcode = code[cursor.position()];
  cursor.take(opcode);
  if (word && quad) return Pointers::kNone;
  if ((word || quad) && (opcode & 1) == 0) return Pointers::kNone;
  if (repne && !compares(opcode)) return Pointers::kNone;
  return pointers_of(opcode);
}

SequencePosition locate_string(const StringSequence& string, uint32_t start, uint32_t position) {
  bool done = position >= start + string.done;
  return {.kind = SequenceKind::kString,
          .step = done ? SequenceStep::kStringTruncate : SequenceStep::kStringPrepare,
          .uses_rdi = string.uses_rdi,
          .uses_rsi = string.uses_rsi,
          .start = start,
          .end = start + string.length};
}

SequencePosition locate_keep_flags(bool rebase, uint32_t start, uint32_t position) {
  if (rebase) {
    return {.kind = SequenceKind::kStackKeepFlags,
            .step = SequenceStep::kKeepFlagsRebase,
            .start = start,
            .end = position + static_cast<uint32_t>(kRebaseRsp.size())};
  }
  return {.kind = SequenceKind::kStackKeepFlags,
          .step = SequenceStep::kKeepFlagsUpdate,
          .start = start};
}

}  // namespace

uint32_t match_indirect_branch(std::span<const uint8_t> code) {
  Cursor cursor(code);
  bool whole = cursor.take(kMaskR11) && cursor.take(kRebaseR11) && cursor.take(kJumpR11);
  return whole ? cursor.position() : 0;
}

StringSequence match_string(std::span<const uint8_t> code) {
  Cursor cursor(code);
  if (!cursor.take(kLoadBase)) return {};
  bool rdi = cursor.take(kClearRdi);
  if (rdi && !cursor.take(kRebaseRdi)) return {};
  bool rsi = cursor.take(kClearRsi);
  if (rsi && !cursor.take(kRebaseRsi)) return {};

  Pointers wanted = take_string_instruction(cursor, code);
  uint32_t done = cursor.position();
  if (wanted == Pointers::kNone) return {};
  if (rdi != (wanted != Pointers::kRsi) || rsi != (wanted != Pointers::kRdi)) return {};

  if (rdi && !cursor.take(kClearRdi)) return {};
  if (rsi && !cursor.take(kClearRsi)) return {};
  return {.length = cursor.position(), .done = done, .uses_rdi = rdi, .uses_rsi = rsi};
}

std::optional<SequencePosition> locate(std::span<const uint8_t> code, SafePointsView safe_points,
                                       uint32_t position) {
  if (position >= std::min<size_t>(code.size(), safe_points.size())) return std::nullopt;
  if (safe_points.contains(position)) return std::nullopt;
  uint32_t start = position;
  while (start > 0 && !safe_points.contains(start)) start--;

  std::span<const uint8_t> sequence = code.subspan(start);
  std::span<const uint8_t> here = code.subspan(position);
  if (uint32_t length = match_indirect_branch(sequence); length != 0) {
    bool jump = position >= start + kMaskR11.size() + kRebaseR11.size();
    return SequencePosition{.kind = SequenceKind::kIndirectBranch,
                            .step = jump ? SequenceStep::kBranchJump : SequenceStep::kBranchRebase,
                            .start = start,
                            .end = start + length};
  }
  if (starts_with(sequence, kLoadBase)) {
    StringSequence string = match_string(sequence);
    if (string.length != 0) return locate_string(string, start, position);
    return locate_keep_flags(starts_with(here, kRebaseRsp), start, position);
  }
  if (starts_with(here, kAddBaseToRsp)) {
    return SequencePosition{.kind = SequenceKind::kStack,
                            .step = SequenceStep::kStackRebase,
                            .start = start,
                            .end = position + static_cast<uint32_t>(kAddBaseToRsp.size())};
  }
  return SequencePosition{
      .kind = SequenceKind::kCleanScratch, .step = SequenceStep::kScratchUse, .start = start};
}

}  // namespace rawposix::verify
