// SPDX-License-Identifier: Apache-2.0
#include "rewrite/origin.h"

#include <gtest/gtest.h>

#include "rewrite/rewriter.h"

namespace rawposix::rewrite {
namespace {

std::string origin_of_error(const std::string& source) {
  const Rewritten rewritten = rewrite(source, {});
  return rewritten.errors.empty() ? "no error" : rewritten.errors.front().origin;
}

TEST(Origin, OfAnInstruction) {
  EXPECT_EQ(origin_of_error("# 7 \"file.S\"\nnop\nfrobnicate\n"), "file.S:8");
}

TEST(Origin, OfMacrosAndConditions) {
  EXPECT_EQ(origin_of_error("# 7 \"file.S\"\nnop\n.altmacro\n"), "file.S:8");
  // That an end is missing is seen at the end.
  EXPECT_EQ(origin_of_error("# 3 \"a.S\"\nnop\n# 9 \"b.S\"\n.if 1\nnop\n"), "b.S:10");
}

TEST(Origin, WithoutOne) { EXPECT_EQ(origin_of_error("frobnicate\n"), ""); }

}  // namespace
}  // namespace rawposix::rewrite
