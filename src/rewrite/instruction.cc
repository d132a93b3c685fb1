// SPDX-License-Identifier: Apache-2.0
#include "rewrite/instruction.h"

#include <algorithm>

#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

constexpr Mnemonic kVectorInstruction{};

struct PrefixName {
  std::string_view name;
  Prefix prefix;
};
constexpr std::array<PrefixName, 17> kPrefixNames = {{{"lock", Prefix::kLock},
                                                      {"rep", Prefix::kRep},
                                                      {"repe", Prefix::kRep},
                                                      {"repz", Prefix::kRep},
                                                      {"repne", Prefix::kRepne},
                                                      {"repnz", Prefix::kRepne},
                                                      {"data16", Prefix::kData16},
                                                      {"addr32", Prefix::kAddr32},
                                                      {"rex64", Prefix::kRex64},
                                                      {"notrack", Prefix::kHint},
                                                      {"bnd", Prefix::kHint},
                                                      {"xacquire", Prefix::kHint},
                                                      {"xrelease", Prefix::kHint},
                                                      {"cs", Prefix::kHint},
                                                      {"ds", Prefix::kHint},
                                                      {"es", Prefix::kHint},
                                                      {"ss", Prefix::kHint}}};

bool apply_prefix(std::string_view name, Instruction& instruction) {
  const auto* found = std::find_if(kPrefixNames.begin(), kPrefixNames.end(),
                                   [&](const PrefixName& entry) { return entry.name == name; });
  if (found == kPrefixNames.end()) return false;
  instruction.set(found->prefix);
  return true;
}

// The branch hint in "jne,pt label".
bool skip_branch_hint(std::string_view& text) {
  if (text.starts_with(",pt") || text.starts_with(",pn")) {
    text.remove_prefix(3);
    return true;
  }
  return false;
}

// Some names stand for a string instruction or, by their operands, for another one: movsd and
// cmpsd of SSE2, gas's movsb for movsx.
void settle_ambiguous_name(Instruction& instruction) {
  if (instruction.op() != Op::kString) return;
  const bool is_move = instruction.mnemonic->stem == "movs";
  for (const Operand& operand : instruction) {
    if (operand.kind != Operand::kRegister) continue;
    if (operand.reg.is_vector() || (is_move && operand.reg.is_general())) {
      instruction.mnemonic = &kVectorInstruction;
      return;
    }
  }
}

Result<void, Refusal> parse_operands(std::string_view text, Instruction& instruction) {
  std::string problem;
  for_each_argument(text, [&](std::string_view piece) {
    if (instruction.operand_count == Instruction::kMaxOperands) {
      problem = "too many operands";
      return false;
    }
    const std::optional<Operand> operand = parse_operand(piece);
    if (!operand.has_value()) {
      problem = "can't parse operand '" + std::string(piece) + "'";
      return false;
    }
    instruction.operands[instruction.operand_count++] = *operand;
    return true;
  });
  if (!problem.empty()) return Refusal{problem};
  return {};
}

size_t mnemonic_size(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && !is_blank(text[size]) && text[size] != ',' && text[size] != '{') {
    ++size;
  }
  return size;
}

}  // namespace

bool Instruction::names(uint8_t general_register) const {
  return std::any_of(begin(), end(),
                     [=](const Operand& operand) { return operand.names(general_register); });
}

bool Instruction::names_exactly(Register r) const {
  return std::any_of(begin(), end(),
                     [=](const Operand& operand) { return operand.is_register(r); });
}

Operand* Instruction::memory() {
  Operand* found =
      std::find_if(begin(), end(), [](const Operand& o) { return o.kind == Operand::kMemory; });
  return found == end() ? nullptr : found;
}

Result<Instruction, Refusal> parse_instruction(std::string_view text) {
  Instruction instruction;
  text = trim(text);
  while (!text.empty() && text.front() == '{') {
    const size_t size = std::min(text.find('}'), text.size() - 1) + 1;
    for (std::string_view longer : {"{vex3}", "{rex}"}) {
      if (text.substr(0, size) == longer) {
        return Refusal{"a longer encoding than needed, of which the verifier allows none"};
      }
    }
    instruction.encoding = instruction.encoding.empty()
                               ? text.substr(0, size)
                               : std::string_view(instruction.encoding.data(),
                                                  text.data() + size - instruction.encoding.data());
    text = trim_left(text.substr(size));
  }
  while (!text.empty()) {
    const std::string_view name = text.substr(0, mnemonic_size(text));
    text = trim_left(text.substr(name.size()));
    const Mnemonic* mnemonic = find_mnemonic(name);
    if (mnemonic == nullptr) mnemonic = find_mnemonic(lower_case(name));
    if (mnemonic == nullptr) return Refusal{"unknown instruction"};
    if (mnemonic->op == Op::kPrefix) {
      if (!apply_prefix(lower_case(name), instruction))
        return Refusal{"this prefix isn't allowed in cages"};
      continue;
    }
    if (mnemonic->op == Op::kRefused) return Refusal{mnemonic->refusal};
    instruction.mnemonic = mnemonic;
    instruction.name = name;
    if (skip_branch_hint(text)) instruction.set(Prefix::kHint);
    TRY(parse_operands(text, instruction));
    settle_ambiguous_name(instruction);
    break;
  }
  return instruction;
}

void print_instruction(const Instruction& instruction, std::string& out) {
  if (!instruction.encoding.empty()) (out += instruction.encoding) += ' ';
  if (instruction.has(Prefix::kAddr32)) out += "addr32 ";
  if (instruction.has(Prefix::kRep)) out += "rep ";
  if (instruction.has(Prefix::kRepne)) out += "repne ";
  if (instruction.has(Prefix::kLock)) out += "lock ";
  out += instruction.name;
  char separator = '\t';
  for (const Operand& operand : instruction) {
    out += separator;
    print_operand(operand, out);
    separator = ',';
  }
}

Instruction make_instruction(std::string_view name) {
  Instruction instruction;
  instruction.name = name;
  instruction.mnemonic = find_mnemonic(name);
  return instruction;
}

Instruction make_instruction(std::string_view name, const Operand& only) {
  Instruction instruction = make_instruction(name);
  instruction.operands[instruction.operand_count++] = only;
  return instruction;
}

Instruction make_instruction(std::string_view name, const Operand& source, const Operand& target) {
  Instruction instruction = make_instruction(name, source);
  instruction.operands[instruction.operand_count++] = target;
  return instruction;
}

}  // namespace rawposix::rewrite
