// SPDX-License-Identifier: Apache-2.0
// What the whole source says about its symbols.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/name_table.h"
#include "rewrite/statement.h"
#include "rewrite/string_pool.h"

namespace rawposix::rewrite {

// Tells the definitions of numeric labels ("1:") apart.
class NumericLabels {
 public:
  static bool is_numeric(std::string_view label) {
    return label.front() >= '0' && label.front() <= '9';
  }
  // A name for the definition at this point.
  std::string define(std::string_view label);
  // A name for what "1f" or "1b" refers to at this point.
  std::string refer(std::string_view reference) const;

 private:
  NameTable<uint32_t> defined_;
};

class Symbols {
 public:
  // Reads all statements.
  void scan(const std::vector<Statement>& statements);

  // Whether an indirect branch may go to this label, so that it has to start a bundle. Numeric
  // labels by the name NumericLabels gives.
  bool is_branch_target(std::string_view label) const;
  // Whether the linker may leave the symbol without a definition, at address 0.
  bool is_undefined_weak(std::string_view symbol) const;

 private:
  struct Facts {
    bool taken : 1 = false;
    bool global : 1 = false;
    bool weak : 1 = false;
    bool function : 1 = false;
    bool defined : 1 = false;
  };
  friend class SymbolScan;

  NameTable<Facts> facts_;
  StringPool pool_;
};

}  // namespace rawposix::rewrite
