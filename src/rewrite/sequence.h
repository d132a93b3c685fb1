// SPDX-License-Identifier: Apache-2.0
// What one source instruction turns into: instructions, and gas directives between them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rewrite/instruction.h"

namespace rawposix::rewrite {

struct Item {
  bool settled = false;        // final: no later pass looks at it
  std::string_view directive;  // where not empty, the item is this and no instruction
  Instruction instruction;
};

class Sequence {
 public:
  void clear() { items_.clear(); }
  // An instruction whose operands later passes still have to see.
  void add(const Instruction& instruction) { items_.push_back({false, {}, instruction}); }
  void add_settled(const Instruction& instruction) { items_.push_back({true, {}, instruction}); }
  void add_directive(std::string_view text) { items_.push_back({true, text, {}}); }
  void add(const Item& item) { items_.push_back(item); }

  // What lies between these two stays in one bundle.
  void lock() { add_directive(".bundle_lock"); }
  void unlock() { add_directive(".bundle_unlock"); }

  std::vector<Item>& items() { return items_; }
  const std::vector<Item>& items() const { return items_; }

 private:
  std::vector<Item> items_;
};

// Statements separated by "; ", all on one line.
void print_sequence(const Sequence& sequence, std::string& out);

}  // namespace rawposix::rewrite
