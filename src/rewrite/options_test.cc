// SPDX-License-Identifier: Apache-2.0
#include "rewrite/driver/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace rawposix::rewrite {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Options, WhatGccPasses) {
  const auto options =
      parse_options({"-I", "inc", "-Idir", "--64", "--gdwarf-5", "-o", "x.o", "x.s"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options.value().output, "x.o");
  EXPECT_THAT(options.value().inputs, ElementsAre("x.s"));
  EXPECT_THAT(options.value().forwarded, ElementsAre("-I", "inc", "-Idir", "--64", "--gdwarf-5"));
  EXPECT_THAT(options.value().rewrite.include_directories, ElementsAre("inc", "dir"));
}

TEST(Options, OwnOptions) {
  const auto options =
      parse_options({"--fast-syscall", "--rewrite-only", "--rawposix-real-as=/x/as", "-ofile"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options.value().rewrite.syscall_entry, SyscallEntry::kClobbersVectors);
  EXPECT_EQ(options.value().action, DriverOptions::Action::kPrintRewritten);
  EXPECT_EQ(options.value().real_as, "/x/as");
  EXPECT_EQ(options.value().output, "file");
  EXPECT_THAT(options.value().forwarded, IsEmpty());
}

TEST(Options, DropsAndRefuses) {
  const auto options = parse_options({"-mrelax-relocations=yes", "-malign-branch-boundary=32"});
  ASSERT_TRUE(options.ok());
  EXPECT_THAT(options.value().forwarded, IsEmpty());
  for (const char* bad : {"--32", "--x32", "-R", "-msyntax=intel", "-mlfence-after-load=yes"}) {
    EXPECT_FALSE(parse_options({bad}).ok()) << bad;
  }
  EXPECT_FALSE(parse_options({"-o"}).ok());
}

TEST(Options, InformationComesFromTheRealAssembler) {
  const auto options = parse_options({"--version"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options.value().action, DriverOptions::Action::kPassThrough);
}

TEST(Options, ResponseFiles) {
  const std::string path = ::testing::TempDir() + "/options_test_response";
  std::ofstream(path) << "--defsym 'A=1 2'\n-o \"a b.o\" c\\ d.s";
  const auto options = parse_options({"@" + path});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options.value().output, "a b.o");
  EXPECT_THAT(options.value().inputs, ElementsAre("c d.s"));
  EXPECT_THAT(options.value().rewrite.definitions, ElementsAre("A=1 2"));
}

}  // namespace
}  // namespace rawposix::rewrite
