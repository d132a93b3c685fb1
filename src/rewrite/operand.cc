// SPDX-License-Identifier: Apache-2.0
#include "rewrite/operand.h"

#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

// Takes the register at the front of `text`; nothing and no change where there is none.
std::optional<Register> take_register(std::string_view& text) {
  if (text.empty() || text.front() != '%') return std::nullopt;
  const std::string_view name = leading_name(text.substr(1));
  std::optional<Register> found = find_register(name);
  if (!found.has_value()) found = find_register(lower_case(name));
  if (!found.has_value()) return std::nullopt;
  std::string_view rest = text.substr(1 + name.size());
  if (found->kind == RegisterKind::kX87) {
    const std::string_view number = trim_left(rest);
    if (number.size() >= 3 && number[0] == '(' && is_digit(number[1]) && number[2] == ')') {
      found->number = static_cast<uint8_t>(number[1] - '0');
      rest = number.substr(3);
    }
  }
  text = rest;
  return found;
}

// The position of the parenthesis that opens the group closed at the end of `text`.
size_t group_start(std::string_view text) {
  int depth = 0;
  for (size_t at = text.size(); at-- > 0;) {
    if (text[at] == ')') ++depth;
    if (text[at] == '(' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

bool can_be_base(Register r) {
  return r.kind == RegisterKind::kQuad || r.kind == RegisterKind::kLong ||
         r.kind == RegisterKind::kIp || r.kind == RegisterKind::kEip;
}
bool can_be_index(Register r) {
  return r.kind == RegisterKind::kQuad || r.kind == RegisterKind::kLong ||
         r.kind == RegisterKind::kZero || r.is_vector();
}

// base, index and scale, from between the parentheses.
bool parse_address(std::string_view text, Memory& memory) {
  int part = 0;
  bool good = true;
  for_each_argument(text, [&](std::string_view piece) {
    const int index = part++;
    if (index == 2) {
      good = piece.empty() || piece == "1" || piece == "2" || piece == "4" || piece == "8";
      if (!piece.empty()) memory.scale = piece.front();
      return good;
    }
    if (piece.empty()) return true;
    const std::optional<Register> reg = take_register(piece);
    good = index < 2 && reg.has_value() && trim(piece).empty() &&
           (index == 0 ? can_be_base(*reg) : can_be_index(*reg));
    if (good) (index == 0 ? memory.base : memory.index) = *reg;
    return good;
  });
  return good;
}

// A displacement is an expression; what looks like a register in it is a mistake.
bool names_register(std::string_view displacement) {
  const size_t sign = displacement.find('%');
  return sign != std::string_view::npos && sign + 1 < displacement.size() &&
         is_name_start(displacement[sign + 1]);
}

bool parse_memory(std::string_view text, Memory& memory) {
  text = trim(text);
  if (text.empty()) return false;
  memory.displacement = text;
  if (text.back() != ')') return !names_register(text);
  const size_t start = group_start(text);
  if (start == std::string_view::npos) return false;
  const std::string_view inside = trim(text.substr(start + 1, text.size() - start - 2));
  if (inside.empty() || (inside.front() != '%' && inside.front() != ',')) return true;
  memory.displacement = trim(text.substr(0, start));
  return !names_register(memory.displacement) && parse_address(inside, memory);
}

// Splits off the {..} groups at the end.
std::string_view take_decorations(std::string_view& text) {
  const size_t brace = text.find('{');
  if (brace == std::string_view::npos || brace == 0) return {};
  const std::string_view decorations = text.substr(brace);
  text = trim(text.substr(0, brace));
  return decorations;
}

}  // namespace

bool Operand::names(uint8_t n) const {
  if (kind == kRegister) return reg.is(n);
  return kind == kMemory && (memory.base.is(n) || memory.index.is(n));
}

std::optional<Operand> parse_operand(std::string_view text) {
  Operand operand;
  operand.text = text = trim(text);
  if (text.empty()) return std::nullopt;
  if (text.front() == '*') {
    operand.indirect = true;
    text = trim_left(text.substr(1));
  }
  if (!text.empty() && text.front() == '{') {
    operand.kind = Operand::kDecoration;
    return operand;
  }
  if (!text.empty() && text.front() == '$') {
    operand.kind = Operand::kImmediate;
    operand.value = trim(text.substr(1));
    if (operand.value.empty()) return std::nullopt;
    return operand;
  }
  if (text.find('{') != std::string_view::npos) operand.decorations = take_decorations(text);
  if (const std::optional<Register> reg = take_register(text)) {
    text = trim_left(text);
    if (text.empty()) {
      operand.reg = *reg;
      return operand;
    }
    if (reg->kind != RegisterKind::kSegment || text.front() != ':') return std::nullopt;
    operand.memory.segment = *reg;
    text.remove_prefix(1);
  }
  operand.kind = Operand::kMemory;
  if (!parse_memory(text, operand.memory)) return std::nullopt;
  return operand;
}

void print_operand(const Operand& operand, std::string& out) {
  if (!operand.text.empty()) {
    out += operand.text;
    return;
  }
  if (operand.indirect) out += '*';
  switch (operand.kind) {
    case Operand::kRegister:
      out += register_name(operand.reg);
      break;
    case Operand::kImmediate:
      out += '$';
      out += operand.value;
      break;
    case Operand::kMemory: {
      const Memory& memory = operand.memory;
      if (memory.segment) out.append(register_name(memory.segment)) += ':';
      out += memory.displacement;
      if (!memory.is_absolute()) {
        out += '(';
        if (memory.base) out += register_name(memory.base);
        if (memory.has_index()) {
          out += ',';
          out += register_name(memory.index);
          if (memory.scale != 0) (out += ',') += memory.scale;
        }
        out += ')';
      }
      break;
    }
    case Operand::kDecoration:
      break;
  }
  out += operand.decorations;
}

Operand register_operand(Register r) {
  Operand operand;
  operand.reg = r;
  return operand;
}

Operand immediate_operand(std::string_view value) {
  Operand operand;
  operand.kind = Operand::kImmediate;
  operand.value = value;
  return operand;
}

Operand symbol_operand(std::string_view name) { return memory_operand(name, Register{}); }

Operand memory_operand(std::string_view displacement, Register base) {
  return memory_operand(Memory{.base = base, .displacement = displacement});
}

Operand memory_operand(const Memory& memory) {
  Operand operand;
  operand.kind = Operand::kMemory;
  operand.memory = memory;
  return operand;
}

}  // namespace rawposix::rewrite
