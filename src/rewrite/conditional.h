// SPDX-License-Identifier: Apache-2.0
// .if and its kin, and the values their conditions are about.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/refusal.h"
#include "rewrite/statement.h"
#include "support/result.h"

namespace rawposix::rewrite {

// Symbols so far: assigned ones with their value where it is a constant.
class KnownValues {
 public:
  // Takes a label's definition or an assignment into account.
  void note(const Statement& statement);
  void assign(std::string_view name, std::string_view expression);

  bool is_defined(std::string_view name) const { return values_.find(name) != values_.end(); }
  std::optional<int64_t> evaluate(std::string_view expression) const;

 private:
  std::map<std::string, std::optional<int64_t>, std::less<>> values_;
};

bool is_conditional(std::string_view directive);

class Conditions {
 public:
  // Whether statements here count.
  bool active() const { return levels_.empty() || levels_.back().active; }
  bool balanced() const { return levels_.empty(); }
  size_t depth() const { return levels_.size(); }
  void drop_to(size_t depth) { levels_.resize(depth); }

  Result<void, Refusal> apply(std::string_view directive, std::string_view arguments,
                              const KnownValues& values);

 private:
  struct Level {
    bool outer_active = false;
    bool active = false;
    bool decided = false;  // a branch has been taken
  };

  std::vector<Level> levels_;
};

}  // namespace rawposix::rewrite
