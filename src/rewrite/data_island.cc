// SPDX-License-Identifier: Apache-2.0
#include "rewrite/data_island.h"

#include <algorithm>

#include "rewrite/directives.h"
#include "rewrite/text.h"
#include "rewrite/tls_call.h"

namespace rawposix::rewrite {
namespace {

// Directives that describe a symbol and don't care where they stand.
bool describes_symbol(std::string_view name) {
  return name == ".type" || name == ".globl" || name == ".global" || name == ".local" ||
         name == ".hidden" || name == ".weak" || name == ".loc" || name == ".file";
}

bool is_data(const Statement& statement) {
  return statement.kind == Statement::kDirective &&
         directive_kind(statement.name()) == DirectiveKind::kData &&
         known_encoding(statement).empty() && !may_start_tls_call(statement);
}

}  // namespace

// Labels, alignment and descriptions go with what follows them.
bool DataIsland::leads_to_data(size_t position) const {
  for (size_t at = position; at < statements_.size(); ++at) {
    const Statement& statement = statements_[at];
    if (is_data(statement)) return true;
    if (statement.kind == Statement::kLabel || statement.kind == Statement::kLineMarker) continue;
    if (statement.kind != Statement::kDirective) return false;
    const std::string_view name = statement.name();
    if (directive_kind(name) != DirectiveKind::kAlign && !describes_symbol(name)) return false;
  }
  return false;
}

bool DataIsland::belongs_here(const Statement& statement) const {
  if (statement.kind == Statement::kLineMarker) return true;
  if (statement.kind == Statement::kDirective && statement.name() == ".size") {
    std::string_view name;
    for_each_argument(statement.arguments(), [&](std::string_view first) {
      name = first;
      return false;
    });
    return std::find(labels_.begin(), labels_.end(), name) != labels_.end();
  }
  return false;
}

DataIsland::Change DataIsland::before(size_t position) {
  const Statement& statement = statements_[position];
  if (!open_ && (reachable_ || statement.kind == Statement::kInstruction)) return Change::kNone;
  const bool stays = (open_ && belongs_here(statement)) || leads_to_data(position);
  const bool was_open = open_;
  open_ = stays;
  if (open_ && statement.kind == Statement::kLabel) labels_.push_back(statement.text);
  if (open_ == was_open) return Change::kNone;
  if (!open_) labels_.clear();
  return open_ ? Change::kOpens : Change::kCloses;
}

}  // namespace rawposix::rewrite
