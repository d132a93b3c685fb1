// SPDX-License-Identifier: Apache-2.0
#include "rewrite/macro_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rawposix::rewrite {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(MacroArguments, CommasAndBlanksSeparate) {
  EXPECT_THAT(split_macro_arguments("a, b c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_macro_arguments("8(%rax, %rbx), \"x, y\""),
              ElementsAre("8(%rax,%rbx)", "x, y"));
  EXPECT_THAT(split_macro_arguments("1 + 2, $3"), ElementsAre("1+2", "$3"));
  EXPECT_THAT(split_macro_arguments("a,,b"), ElementsAre("a", "", "b"));
}

TEST(MacroArguments, Header) {
  auto header = parse_macro_header("name a:req, b=5 c, rest:vararg");
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header.value().first, "name");
  const std::vector<MacroParameter>& parameters = header.value().second.parameters;
  ASSERT_EQ(parameters.size(), 4U);
  EXPECT_TRUE(parameters[0].required);
  EXPECT_EQ(parameters[1].initial, "5");
  EXPECT_EQ(parameters[2].name, "c");
  EXPECT_TRUE(parameters[3].variadic);
}

TEST(MacroArguments, Binding) {
  const Macro macro = parse_macro_header("m a, b=5, rest:vararg").value().second;
  const Result<Bindings, Refusal> bound = bind_arguments(macro, "1, , x, y z");
  ASSERT_TRUE(bound.ok());
  EXPECT_THAT(bound.value(), ElementsAre(Pair("a", "1"), Pair("b", "5"), Pair("rest", "x, y z")));
  const Result<Bindings, Refusal> named = bind_arguments(macro, "b=7, 3");
  ASSERT_TRUE(named.ok());
  EXPECT_THAT(named.value(), ElementsAre(Pair("a", "3"), Pair("b", "7"), Pair("rest", "")));
  const Macro strict = parse_macro_header("m a:req").value().second;
  EXPECT_FALSE(bind_arguments(strict, "").ok());
  EXPECT_FALSE(bind_arguments(strict, "1, 2").ok());
}

TEST(MacroArguments, Substitution) {
  EXPECT_EQ(substitute("mov \\a\\()b, \\ab; L\\@: \\c \\\\a", {{"a", "x"}, {"ab", "y"}}, 7),
            "mov xb, y; L7: \\c \\\\a");
}

}  // namespace
}  // namespace rawposix::rewrite
