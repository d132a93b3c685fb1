// SPDX-License-Identifier: Apache-2.0
// An operand in AT&T syntax.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rewrite/registers.h"

namespace rawposix::rewrite {

// segment:displacement(base,index,scale); every part may be missing.
struct Memory {
  Register segment{};
  Register base{};
  Register index{};
  char scale = 0;  // '1', '2', '4', '8', or 0 for none
  std::string_view displacement{};

  bool has_index() const {
    return index.kind != RegisterKind::kNone && index.kind != RegisterKind::kZero;
  }
  bool is_absolute() const { return !base && !has_index(); }
};

struct Operand {
  enum Kind : uint8_t {
    kRegister,
    kImmediate,   // value without the '$'
    kMemory,      // a branch's target too: a displacement alone
    kDecoration,  // {sae} and the like as an operand of its own
  };

  Kind kind = kRegister;
  bool indirect = false;  // with a '*'
  Register reg;
  Memory memory;
  std::string_view value;        // of an immediate
  std::string_view decorations;  // {%k1}{z}, {1to8}
  std::string_view text;         // as written; empty once the operand has been changed

  bool is_register(Register r) const { return kind == kRegister && reg == r; }
  // Whether any width of general register `n` is in it.
  bool names(uint8_t n) const;
};

// Nothing where the text isn't an operand.
std::optional<Operand> parse_operand(std::string_view text);
void print_operand(const Operand& operand, std::string& out);

Operand register_operand(Register r);
Operand immediate_operand(std::string_view value);
Operand symbol_operand(std::string_view name);
Operand memory_operand(std::string_view displacement, Register base);
Operand memory_operand(const Memory& memory);

}  // namespace rawposix::rewrite
