// SPDX-License-Identifier: Apache-2.0
// What passes know beside the instruction at hand.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/statement.h"
#include "rewrite/string_pool.h"
#include "rewrite/symbols.h"

namespace rawposix::rewrite {

// Which entry system calls go through (docs/sfi.md, section 1).
enum class SyscallEntry : uint8_t { kPreservesVectors, kClobbersVectors };

struct Context {
  const Symbols& symbols;
  const std::vector<Statement>& statements;
  size_t position = 0;  // of the statement being rewritten
  SyscallEntry syscall_entry = SyscallEntry::kPreservesVectors;
  uint32_t labels = 0;
  StringPool pool{};

  // A local label of its own.
  std::string_view new_label() { return pool.keep(".L.sfi." + std::to_string(labels++)); }
};

// Whether nothing after the statement at hand depends on the arithmetic flags it leaves. Looks
// only a little ahead; says false when in doubt.
bool flags_are_dead(const Context& context);
// Whether the next instruction certainly reads them.
bool flags_are_read_next(const Context& context);
// The same, unless others may get there: it follows a call of what does not return.
bool flags_are_read_at_once(const Context& context);

}  // namespace rawposix::rewrite
