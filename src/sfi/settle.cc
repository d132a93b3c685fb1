// SPDX-License-Identifier: Apache-2.0
#include "sfi/settle.h"

#include <array>
#include <cstring>

#include "sfi/layout.h"

namespace rawposix::sfi {
namespace {

// Fixed encodings of docs/sfi.md section 4.
constexpr std::array<uint8_t, 4> kMaskR11 = {0x41, 0x83, 0xe3, 0xe0};    // and $-32, %r11d
constexpr std::array<uint8_t, 3> kLoadBase = {0x4d, 0x8b, 0x1e};         // mov (%r14), %r11
constexpr std::array<uint8_t, 3> kAddBaseToRsp = {0x49, 0x03, 0x26};     // add (%r14), %rsp
constexpr std::array<uint8_t, 4> kRebaseRsp = {0x4a, 0x8d, 0x24, 0x1c};  // lea (%rsp,%r11), %rsp
constexpr std::array<uint8_t, 2> kClearRdi = {0x89, 0xff};               // mov %edi, %edi
constexpr std::array<uint8_t, 2> kClearRsi = {0x89, 0xf6};               // mov %esi, %esi
constexpr uint64_t kRebaseLength = 6;                                    // clear and lea

// The bytes of one bundle, so that matching never reads past it.
class Bundle {
 public:
  Bundle(const CodeMap& code, uint64_t offset)
      : code_(code), start_(offset & ~(kBundleSize - 1)), end_(start_ + kBundleSize) {}

  template <size_t kSize>
  bool matches(uint64_t offset, const std::array<uint8_t, kSize>& bytes) const {
    return offset >= start_ && offset + kSize <= end_ &&
           std::memcmp(code_.code + (offset - code_.start), bytes.data(), kSize) == 0;
  }
  uint8_t byte(uint64_t offset) const {
    return offset < end_ ? code_.code[offset - code_.start] : uint8_t{0};
  }
  // The safe point at or before `offset`: where its sequence starts.
  uint64_t sequence_start(uint64_t offset) const {
    while (offset > start_ && !code_.is_safe_point(offset)) offset--;
    return offset;
  }

 private:
  const CodeMap& code_;
  uint64_t start_;
  uint64_t end_;
};

bool is_string_prefix(uint8_t byte) {
  return byte == 0x66 || byte == 0xf2 || byte == 0xf3 || byte == 0x48;
}

void settle_string(Registers& regs, const Bundle& bundle, uint64_t start) {
  uint64_t next = start + kLoadBase.size();
  bool uses_rdi = bundle.matches(next, kClearRdi);
  if (uses_rdi) next += kRebaseLength;
  bool uses_rsi = bundle.matches(next, kClearRsi);
  if (uses_rsi) next += kRebaseLength;
  while (is_string_prefix(bundle.byte(next))) next++;
  uint64_t done = next + 1;  // one opcode byte
  uint64_t end = done + (uses_rdi ? kClearRdi.size() : 0) + (uses_rsi ? kClearRsi.size() : 0);

  if (uses_rdi) regs.rdi = static_cast<uint32_t>(regs.rdi);
  if (uses_rsi) regs.rsi = static_cast<uint32_t>(regs.rsi);
  regs.rip = regs.rip < done ? start : end;
}

}  // namespace

void settle(Registers& regs, const CodeMap* code) {
  if (code == nullptr || regs.rip - code->start >= code->size) return;
  if (code->is_safe_point(regs.rip)) return;
  Bundle bundle(*code, regs.rip);
  uint64_t start = bundle.sequence_start(regs.rip);

  if (bundle.matches(start, kMaskR11)) {
    regs.rip = static_cast<uint32_t>(regs.r11) & ~(kBundleSize - 1);
  } else if (bundle.matches(regs.rip, kAddBaseToRsp)) {
    regs.rip += kAddBaseToRsp.size();
  } else if (bundle.matches(start, kLoadBase) && bundle.matches(regs.rip, kRebaseRsp)) {
    regs.rip += kRebaseRsp.size();
  } else if (bundle.matches(start, kLoadBase) &&
             (bundle.matches(start + kLoadBase.size(), kClearRdi) ||
              bundle.matches(start + kLoadBase.size(), kClearRsi))) {
    settle_string(regs, bundle, start);
  } else {
    regs.rip = start;
  }
}

std::optional<uint64_t> system_call_instruction(const CodeMap& code, uint64_t return_offset) {
  // jmp *16(%r14) or *24(%r14), then padding to the return address.
  constexpr std::array<uint8_t, 3> kEntryJump = {0x41, 0xff, 0x66};
  constexpr uint64_t kJumpLength = 4;
  for (uint64_t back = 1; back < kBundleSize + kJumpLength && back <= return_offset; back++) {
    uint64_t offset = return_offset - back;
    if (!code.is_safe_point(offset)) continue;
    const uint8_t* bytes = code.code + (offset - code.start);
    if (back >= kJumpLength && std::memcmp(bytes, kEntryJump.data(), kEntryJump.size()) == 0) {
      return offset;
    }
    const bool is_nop = bytes[0] == 0x90 || bytes[0] == 0x66 || bytes[0] == 0x0f;
    if (!is_nop) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace rawposix::sfi
