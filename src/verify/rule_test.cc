// SPDX-License-Identifier: Apache-2.0
#include "verify/rule.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace rawposix::verify {
namespace {

TEST(Rule, NamesAreStableAndDistinct) {
  EXPECT_EQ(rule_name(Rule::kNone), "none");
  EXPECT_EQ(rule_name(Rule::kRegion), "region");
  EXPECT_EQ(rule_name(Rule::kSequence), "sequence");
  std::set<std::string_view> names;
  for (size_t i = 0; i <= kRuleCount; i++) names.insert(rule_name(static_cast<Rule>(i)));
  EXPECT_EQ(names.size(), kRuleCount + 1);
}

TEST(Rule, ExplanationsAreSentences) {
  for (size_t i = 0; i <= kRuleCount; i++) {
    std::string_view text = rule_explanation(static_cast<Rule>(i));
    EXPECT_TRUE(text.ends_with('.')) << text;
  }
}

}  // namespace
}  // namespace rawposix::verify
