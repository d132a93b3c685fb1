// SPDX-License-Identifier: Apache-2.0
// The rules that guest code must observe, as reported when it doesn't.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rawposix::verify {

enum class Rule : uint8_t {
  kNone = 0,  // nothing is broken
#define X(name, text, explanation) name,
#include "verify/rules.def"
#undef X
};

inline constexpr size_t kRuleCount = 0
#define X(name, text, explanation) +1
#include "verify/rules.def"
#undef X
    ;

// Stable short name, as in reject corpora.
std::string_view rule_name(Rule rule);

// One sentence.
std::string_view rule_explanation(Rule rule);

}  // namespace rawposix::verify
