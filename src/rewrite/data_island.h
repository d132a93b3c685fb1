// SPDX-License-Identifier: Apache-2.0
// Hand-written code keeps tables between functions. Every byte of code must be an instruction, so
// data that no instruction falls into moves to .rodata, its labels with it.
#pragma once

#include <string_view>
#include <vector>

#include "rewrite/statement.h"

namespace rawposix::rewrite {

class DataIsland {
 public:
  explicit DataIsland(const std::vector<Statement>& statements) : statements_(statements) {}

  enum class Change : uint8_t { kNone, kOpens, kCloses };

  // To be asked for each statement in a code section, before it is handled.
  Change before(size_t position);
  bool open() const { return open_; }
  // An open one ends with its section.
  void close() { open_ = false; }

  // Whether control can come from the statement just handled to the next.
  void set_reachable(bool reachable) { reachable_ = reachable; }

 private:
  bool leads_to_data(size_t position) const;
  bool belongs_here(const Statement& statement) const;

  const std::vector<Statement>& statements_;
  std::vector<std::string_view> labels_;  // defined in the open island
  bool open_ = false;
  bool reachable_ = false;
};

}  // namespace rawposix::rewrite
