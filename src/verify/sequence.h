// SPDX-License-Identifier: Apache-2.0
// The guard sequences of docs/sfi.md section 4: their byte templates, and where in one a given
// instruction stands. No decoder, no allocation: usable from signal handlers.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "verify/safe_points.h"

namespace rawposix::verify {

enum class SequenceKind : uint8_t {
  kIndirectBranch = 1,  // Q1
  kStack,               // Q2
  kStackKeepFlags,      // Q3
  kString,              // Q4
  kCleanScratch,        // Q5
};

// What the instruction at an interior position does; settling (section 6) depends on nothing else.
enum class SequenceStep : uint8_t {
  kBranchRebase,     // Q1: add (%r14), %r11
  kBranchJump,       // Q1: jmp *%r11
  kStackRebase,      // Q2: add (%r14), %rsp
  kKeepFlagsUpdate,  // Q3: the 32-bit write of %esp
  kKeepFlagsRebase,  // Q3: lea (%rsp,%r11), %rsp
  kStringPrepare,    // Q4: clears, rebases, and the string instruction itself
  kStringTruncate,   // Q4: after the string instruction
  kScratchUse,       // Q5: the reader of %r11
};

struct SequencePosition {
  SequenceKind kind;
  SequenceStep step;
  bool uses_rdi = false;  // Q4
  bool uses_rsi = false;  // Q4
  uint32_t start = 0;     // the sequence's safe point, counted from the region's first byte
  uint32_t end = 0;  // the byte after the sequence's last instruction; unknown (0) in Q5 and Q3's
                     // kKeepFlagsUpdate, which restart
};

// Templates.
inline constexpr std::array<uint8_t, 4> kMaskR11 = {0x41, 0x83, 0xe3, 0xe0};  // and $-32, %r11d
inline constexpr std::array<uint8_t, 3> kRebaseR11 = {0x4d, 0x03, 0x1e};      // add (%r14), %r11
inline constexpr std::array<uint8_t, 3> kJumpR11 = {0x41, 0xff, 0xe3};        // jmp *%r11
inline constexpr std::array<uint8_t, 3> kAddBaseToRsp = {0x49, 0x03, 0x26};   // add (%r14), %rsp
inline constexpr std::array<uint8_t, 3> kLoadBase = {0x4d, 0x8b, 0x1e};       // mov (%r14), %r11
inline constexpr std::array<uint8_t, 4> kRebaseRsp = {0x4a, 0x8d, 0x24,
                                                      0x1c};       // lea (%rsp,%r11), %rsp
inline constexpr std::array<uint8_t, 2> kClearRdi = {0x89, 0xff};  // mov %edi, %edi
inline constexpr std::array<uint8_t, 2> kClearRsi = {0x89, 0xf6};  // mov %esi, %esi
inline constexpr std::array<uint8_t, 4> kRebaseRdi = {0x4a, 0x8d, 0x3c,
                                                      0x1f};  // lea (%rdi,%r11), %rdi
inline constexpr std::array<uint8_t, 4> kRebaseRsi = {0x4a, 0x8d, 0x34,
                                                      0x1e};  // lea (%rsi,%r11), %rsi

template <size_t kSize>
bool starts_with(std::span<const uint8_t> code, const std::array<uint8_t, kSize>& bytes) {
  return code.size() >= kSize && std::memcmp(code.data(), bytes.data(), kSize) == 0;
}

// Length of the whole Q1 at the start of `code`; 0 if there is none.
uint32_t match_indirect_branch(std::span<const uint8_t> code);

// A whole Q4 at the start of `code`.
struct StringSequence {
  uint32_t length = 0;  // 0: there is none
  uint32_t done = 0;    // position after the string instruction
  bool uses_rdi = false;
  bool uses_rsi = false;
};
StringSequence match_string(std::span<const uint8_t> code);

// Where the instruction at `position` stands. Nothing if `position` is a safe point, or outside the
// code. Meaningful for verified code and an instruction start only.
std::optional<SequencePosition> locate(std::span<const uint8_t> code, SafePointsView safe_points,
                                       uint32_t position);

}  // namespace rawposix::verify
