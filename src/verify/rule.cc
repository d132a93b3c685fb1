// SPDX-License-Identifier: Apache-2.0
#include "verify/rule.h"

#include <array>

namespace rawposix::verify {
namespace {

struct Text {
  std::string_view name;
  std::string_view explanation;
};

constexpr std::array<Text, kRuleCount + 1> kTexts = {{
    {"none", "Nothing is broken."},
#define X(name, text, explanation) {text, explanation},
#include "verify/rules.def"
#undef X
}};

}  // namespace

std::string_view rule_name(Rule rule) { return kTexts[static_cast<size_t>(rule)].name; }

std::string_view rule_explanation(Rule rule) {
  return kTexts[static_cast<size_t>(rule)].explanation;
}

}  // namespace rawposix::verify
