// SPDX-License-Identifier: Apache-2.0
#include "rewrite/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rawposix::rewrite {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Evaluate, Constants) {
  EXPECT_EQ(evaluate("0"), 0);
  EXPECT_EQ(evaluate("-8"), -8);
  EXPECT_EQ(evaluate("0x1F"), 31);
  EXPECT_EQ(evaluate("017"), 15);
  EXPECT_EQ(evaluate("0b101"), 5);
  EXPECT_EQ(evaluate("'a"), 'a');
  EXPECT_EQ(evaluate("'\\n'"), '\n');
  EXPECT_EQ(evaluate("0L"), 0);
  EXPECT_EQ(evaluate("18446744073709551615"), -1);
}

TEST(Evaluate, OperatorsWithGasPrecedence) {
  EXPECT_EQ(evaluate("1+2*3"), 7);
  EXPECT_EQ(evaluate("(1 + 2) * 3"), 9);
  EXPECT_EQ(evaluate("1 << 4 | 1"), 17);
  EXPECT_EQ(evaluate("10 - 3 - 2"), 5);
  EXPECT_EQ(evaluate("8 & 12 + 1"), 9);  // & binds more tightly than + in gas
  EXPECT_EQ(evaluate("~0"), -1);
  EXPECT_EQ(evaluate("3 == 3"), -1);
  EXPECT_EQ(evaluate("3 > 4 || 1"), 1);
  EXPECT_EQ(evaluate("7 % 4"), 3);
}

TEST(Evaluate, WhatHasNoValue) {
  for (const char* text : {"", "foo", "1 +", "(1", "1 2", "1/0", "-9223372036854775808/-1", "09"}) {
    EXPECT_EQ(evaluate(text), std::nullopt) << text;
  }
  EXPECT_EQ(evaluate(std::string(5000, '(')), std::nullopt);
}

TEST(Evaluate, Symbols) {
  const SymbolValue symbols = [](std::string_view name) -> std::optional<int64_t> {
    if (name == "four") return 4;
    return std::nullopt;
  };
  EXPECT_EQ(evaluate("four*2", symbols), 8);
  EXPECT_EQ(evaluate("five", symbols), std::nullopt);
  EXPECT_EQ(evaluate("four@GOTPCREL", symbols), std::nullopt);
}

std::vector<std::string> symbols_of(std::string_view text) {
  std::vector<std::string> found;
  for_each_symbol(text, [&](const SymbolUse& use) {
    found.push_back(std::string(use.subtracted ? "-" : "") + std::string(use.name) +
                    (use.suffix.empty() ? "" : "@" + std::string(use.suffix)));
  });
  return found;
}

TEST(ForEachSymbol, FindsNamesAndSigns) {
  EXPECT_THAT(symbols_of(".L4-.L3"), ElementsAre(".L4", "-.L3"));
  EXPECT_THAT(symbols_of("foo+8@GOTPCREL(%rip)"), ElementsAre("foo"));
  EXPECT_THAT(symbols_of("foo@GOTPCREL(%rip)"), ElementsAre("foo@GOTPCREL"));
  EXPECT_THAT(symbols_of("1f - 2b + \"a b\""), ElementsAre("1f", "-2b", "\"a b\""));
}

TEST(ForEachSymbol, RegistersAndNumbersAreNone) {
  EXPECT_THAT(symbols_of("8(%rax,%rbx,4)"), IsEmpty());
  EXPECT_THAT(symbols_of("0x1f + 'x - ."), IsEmpty());
}

}  // namespace
}  // namespace rawposix::rewrite
