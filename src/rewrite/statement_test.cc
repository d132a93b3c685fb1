// SPDX-License-Identifier: Apache-2.0
#include "rewrite/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rawposix::rewrite {
namespace {

using ::testing::ElementsAre;

// "line kind text" of each statement.
std::vector<std::string> split(std::string_view text, LineNumbers numbers = LineNumbers::kCount) {
  StringPool pool;
  std::vector<Statement> statements;
  split_statements(text, 1, numbers, pool, statements);
  std::vector<std::string> result;
  for (const Statement& statement : statements) {
    result.push_back(std::to_string(statement.line) + " " + "LDAIM"[statement.kind] + " " +
                     std::string(statement.text));
  }
  return result;
}

TEST(Statement, SplitsLinesAndSemicolons) {
  EXPECT_THAT(split("\tnop; ret\n\n .text ;\n"), ElementsAre("1 I nop", "1 I ret", "3 D .text"));
}

TEST(Statement, TakesLabelsApart) {
  EXPECT_THAT(split("a: b : 1: nop\n\"odd name\": ret\nx = 3"),
              ElementsAre("1 L a", "1 L b", "1 L 1", "1 I nop", "2 L \"odd name\"", "2 I ret",
                          "3 A x = 3"));
}

TEST(Statement, DropsComments) {
  EXPECT_THAT(split("nop # x; y\n# all\n/* a\nb */ ret\nmovl /* in */ %eax, %ebx\n// c\n / d\n"),
              ElementsAre("1 I nop", "4 I ret", "5 I movl   %eax, %ebx"));
}

TEST(Statement, KeepsLineMarkers) {
  EXPECT_THAT(split("# 7 \"f.c\" 2\n#APP\nnop\n"), ElementsAre("1 M # 7 \"f.c\" 2", "3 I nop"));
}

TEST(Statement, LeavesStringsAndCharactersWhole) {
  EXPECT_THAT(split(".ascii \"a;b#c\\\"\"; .byte '#, ';', '\\''\n"),
              ElementsAre("1 D .ascii \"a;b#c\\\"\"", "1 D .byte '#, ';', '\\''"));
}

TEST(Statement, FixedNumbersForMacros) {
  EXPECT_THAT(split("nop\nret\n", LineNumbers::kFixed), ElementsAre("1 I nop", "1 I ret"));
}

TEST(Statement, UnfinishedConstructsEndWithTheText) {
  EXPECT_THAT(split("nop /* no end"), ElementsAre("1 I nop"));
  EXPECT_THAT(split(".ascii \"no end"), ElementsAre("1 D .ascii \"no end"));
}

TEST(Statement, NameAndArguments) {
  const Statement statement{".section\t.text, \"ax\"", 1, Statement::kDirective};
  EXPECT_EQ(statement.name(), ".section");
  EXPECT_EQ(statement.arguments(), ".text, \"ax\"");
}

}  // namespace
}  // namespace rawposix::rewrite
