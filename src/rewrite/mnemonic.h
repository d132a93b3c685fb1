// SPDX-License-Identifier: Apache-2.0
// What a mnemonic does, as far as the rewriter has to know. The table is mnemonics.def.
#pragma once

#include <cstdint>
#include <string_view>

namespace rawposix::rewrite {

enum class Op : uint8_t {
  kPlain,      // reads its operands, writes the last one
  kReadsOnly,  // writes no operand
  kMov,
  kMovabs,
  kLea,
  kAdd,
  kSub,
  kAnd,
  kBitTest,
  kBitScan,
  kBitCount,
  kBextr,
  kPush,
  kPop,
  kPushf,
  kLeave,
  kCall,
  kRet,
  kJmp,
  kJcc,
  kJrcxz,
  kLoop,
  kSyscall,
  kInt,
  kNop,
  kFfreep,
  kString,
  kPrefix,
  kRefused,
};

// Flags of a mnemonic.
inline constexpr uint8_t kReadsFlags = 1;     // depends on the arithmetic flags
inline constexpr uint8_t kSetsFlags = 2;      // overwrites all of them
inline constexpr uint8_t kFlagsDead = 4;      // by the ABI, nobody looks at them afterwards
inline constexpr uint8_t kNoFallThrough = 8;  // the next instruction isn't reached from here

struct Mnemonic {
  Op op = Op::kPlain;
  uint8_t flags = 0;
  char suffix = 0;        // b, w, l, q where the name carries one
  std::string_view stem;  // the name without the suffix
  const char* refusal = nullptr;
};

// Null for an unknown name.
const Mnemonic* find_mnemonic(std::string_view name);

}  // namespace rawposix::rewrite
