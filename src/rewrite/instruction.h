// SPDX-License-Identifier: Apache-2.0
// An instruction in AT&T syntax: prefixes, mnemonic, operands.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "rewrite/mnemonic.h"
#include "rewrite/operand.h"
#include "rewrite/refusal.h"
#include "support/result.h"

namespace rawposix::rewrite {

enum class Prefix : uint16_t {
  kLock = 1,
  kRep = 2,
  kRepne = 4,
  kData16 = 8,
  kRex64 = 16,
  kHint = 32,  // notrack, bnd, xacquire, xrelease, and segments that don't matter
  kAddr32 = 64,
};

struct Instruction {
  static constexpr size_t kMaxOperands = 6;

  uint16_t prefixes = 0;
  uint8_t operand_count = 0;
  const Mnemonic* mnemonic = nullptr;  // null where the statement is prefixes only
  std::string_view name;
  std::string_view encoding;  // gas's {vex3}, {disp32}, ..., as written
  std::array<Operand, kMaxOperands> operands;

  bool has(Prefix prefix) const { return (prefixes & static_cast<uint16_t>(prefix)) != 0; }
  void set(Prefix prefix) { prefixes |= static_cast<uint16_t>(prefix); }
  void clear(Prefix prefix) { prefixes &= static_cast<uint16_t>(~static_cast<unsigned>(prefix)); }
  Op op() const { return mnemonic->op; }

  Operand* begin() { return operands.data(); }
  Operand* end() { return operands.data() + operand_count; }
  const Operand* begin() const { return operands.data(); }
  const Operand* end() const { return operands.data() + operand_count; }
  Operand& last() { return operands[operand_count - 1U]; }
  const Operand& last() const { return operands[operand_count - 1U]; }
  bool names(uint8_t general_register) const;
  // Whether an operand is that register in just that width.
  bool names_exactly(Register r) const;
  // The memory operand; null where there is none. No instruction has two but string instructions.
  Operand* memory();
};

Result<Instruction, Refusal> parse_instruction(std::string_view text);
void print_instruction(const Instruction& instruction, std::string& out);

Instruction make_instruction(std::string_view name);
Instruction make_instruction(std::string_view name, const Operand& only);
Instruction make_instruction(std::string_view name, const Operand& source, const Operand& target);

}  // namespace rawposix::rewrite
