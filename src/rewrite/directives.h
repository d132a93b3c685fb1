// SPDX-License-Identifier: Apache-2.0
// What directives do to the code they stand in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rewrite/statement.h"

namespace rawposix::rewrite {

enum class DirectiveKind : uint8_t {
  kNeutral,  // emits nothing
  kAlign,
  kData,  // emits bytes that aren't instructions
  kRefused,
};

DirectiveKind directive_kind(std::string_view name);

// Why a refused directive is refused.
std::string_view directive_refusal(std::string_view name);

// An alignment directive without its fill value: padding in code is nops.
std::string without_fill(const Statement& align);

// The instruction that a `.byte` list is the encoding of; empty where it isn't one we know.
std::string_view known_encoding(const Statement& data);

}  // namespace rawposix::rewrite
