// SPDX-License-Identifier: Apache-2.0
#include "rewrite/symbols.h"

#include <algorithm>
#include <array>

#include "rewrite/expression.h"
#include "rewrite/sections.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

constexpr std::array<std::string_view, 18> kDataDirectives = {
    ".quad",  ".long",  ".int",     ".byte",    ".value", ".short", ".word", ".hword", ".8byte",
    ".4byte", ".2byte", ".uleb128", ".sleb128", ".octa",  ".dc",    ".dc.a", ".dc.l",  ".dc.w"};

bool is_data_directive(std::string_view name) {
  return std::find(kDataDirectives.begin(), kDataDirectives.end(), name) != kDataDirectives.end();
}

// Branches name their target without taking its address.
bool is_direct_branch(std::string_view instruction) {
  const bool branch = instruction.front() == 'j' || instruction.starts_with("call") ||
                      instruction.starts_with("loop");
  return branch && instruction.find('*') == std::string_view::npos;
}

}  // namespace

class SymbolScan {
 public:
  explicit SymbolScan(Symbols& symbols) : symbols_(symbols) {}

  void visit(const Statement& statement) {
    switch (statement.kind) {
      case Statement::kLabel:
        if (sections_.current().kind != SectionKind::kOther) define(statement.text);
        break;
      case Statement::kDirective:
        directive(statement);
        break;
      case Statement::kAssignment:
        assignment(statement.text.substr(0, statement.text.find('=')),
                   statement.text.substr(statement.text.find('=') + 1));
        break;
      case Statement::kInstruction:
        if (sections_.current().kind == SectionKind::kCode) instruction(statement.text);
        break;
      case Statement::kLineMarker:
        break;
    }
  }

 private:
  void define(std::string_view label) {
    if (NumericLabels::is_numeric(label)) {
      numeric_.define(label);
    } else {
      symbols_.facts_[label].defined = true;
    }
  }

  void take(const SymbolUse& use) {
    if (NumericLabels::is_numeric(use.name)) {
      symbols_.facts_[symbols_.pool_.keep(numeric_.refer(use.name))].taken = true;
    } else {
      symbols_.facts_[use.name].taken = true;
    }
  }

  void instruction(std::string_view text) {
    if (is_direct_branch(text)) return;
    const size_t blank = text.find_first_of(" \t");
    if (blank == std::string_view::npos) return;
    for_each_argument(text.substr(blank), [&](std::string_view operand) {
      while (!operand.empty() && (operand.front() == '*' || operand.front() == '$')) {
        operand.remove_prefix(1);
      }
      for_each_symbol(operand, [&](const SymbolUse& use) { take(use); });
      return true;
    });
  }

  void assignment(std::string_view name, std::string_view value) {
    name = trim(name);
    value = trim(value);
    while (!value.empty() && value.front() == '=') value = trim(value.substr(1));
    if (name == ".") return;
    symbols_.facts_[name].defined = true;
    // An alias of a label can be taken, exported or called under its other name.
    for_each_symbol(value, [&](const SymbolUse& use) {
      if (use.name == value) take(use);
    });
  }

  void directive(const Statement& statement) {
    if (sections_.apply(statement)) return;
    const SectionKind kind = sections_.current().kind;
    const std::string_view name = statement.name();
    if (is_data_directive(name)) {
      if (kind == SectionKind::kCode || kind == SectionKind::kData) data(statement.arguments());
    } else if (name == ".globl" || name == ".global") {
      for_each_name(statement.arguments(), [](Symbols::Facts& facts) { facts.global = true; });
    } else if (name == ".weak") {
      for_each_name(statement.arguments(), [](Symbols::Facts& facts) { facts.weak = true; });
    } else if (name == ".type") {
      type(statement.arguments());
    } else if (name == ".set" || name == ".equ" || name == ".equiv" || name == ".eqv") {
      const std::string_view arguments = statement.arguments();
      const size_t comma = std::min(arguments.find(','), arguments.size());
      assignment(arguments.substr(0, comma),
                 arguments.substr(std::min(comma + 1, arguments.size())));
    } else if (name == ".comm" || name == ".lcomm" || name == ".weakref") {
      first_name(statement.arguments(), name == ".weakref");
    }
  }

  template <class Change>
  void for_each_name(std::string_view arguments, Change change) {
    for_each_argument(arguments, [&](std::string_view name) {
      change(symbols_.facts_[name]);
      return true;
    });
  }

  void first_name(std::string_view arguments, bool weak) {
    for_each_argument(arguments, [&](std::string_view name) {
      Symbols::Facts& facts = symbols_.facts_[name];
      if (weak) {
        facts.weak = true;
      } else {
        facts.defined = true;
      }
      return false;
    });
  }

  void type(std::string_view arguments) {
    std::string_view name;
    for_each_argument(arguments, [&](std::string_view piece) {
      if (name.empty()) {
        name = piece;
        return true;
      }
      if (piece.ends_with("function") || piece == "STT_FUNC") {
        symbols_.facts_[name].function = true;
      }
      return false;
    });
  }

  void data(std::string_view arguments) {
    // Call-site tables name the ends of ranges too; GCC calls those .LEHB0 and .LEHE0.
    const bool exceptions = sections_.current().name.starts_with(".gcc_except_table");
    for_each_symbol(arguments, [&](const SymbolUse& use) {
      if (use.subtracted || (exceptions && use.name.starts_with(".LEH"))) return;
      take(use);
    });
  }

  Symbols& symbols_;
  Sections sections_;
  NumericLabels numeric_;
};

std::string NumericLabels::define(std::string_view label) {
  return std::string(label) + '#' + std::to_string(++defined_[label]);
}

std::string NumericLabels::refer(std::string_view reference) const {
  const std::string_view label = reference.substr(0, reference.size() - 1);
  const uint32_t* count = defined_.find(label);
  const uint32_t last = count == nullptr ? 0 : *count;
  return std::string(label) + '#' + std::to_string(reference.back() == 'f' ? last + 1 : last);
}

void Symbols::scan(const std::vector<Statement>& statements) {
  SymbolScan scan(*this);
  for (const Statement& statement : statements) scan.visit(statement);
}

bool Symbols::is_branch_target(std::string_view label) const {
  const Facts* facts = facts_.find(label);
  return facts != nullptr && (facts->taken || facts->global || facts->weak || facts->function);
}

bool Symbols::is_undefined_weak(std::string_view symbol) const {
  const Facts* facts = facts_.find(symbol);
  return facts != nullptr && facts->weak && !facts->defined;
}

}  // namespace rawposix::rewrite
