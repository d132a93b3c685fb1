// SPDX-License-Identifier: Apache-2.0
// usage(): what cages hold is told while they are there, and nothing is left afterwards.
#include <gtest/gtest.h>
#include <rawposix/rawposix.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rawposix {
namespace {

CageOptions shell(const std::string& script) {
  CageOptions options;
  options.program = "sh";
  options.arguments = {"sh", "-c", script};
  options.environment = {"PATH=/bin"};
  options.binds = {{PROGRAMS, "/bin", Access::kReadOnly}};
  options.standard_output = Stream::capture();
  return options;
}

void expect_nothing_of_cages() {
  const Usage now = usage();
  EXPECT_EQ(now.cages, 0U);
  EXPECT_EQ(now.tasks, 0U);
  EXPECT_EQ(now.address_spaces, 0U);
  EXPECT_EQ(now.open_files, 0U);
}

class UsageTest : public testing::Test {
 protected:
  void SetUp() override {
    Expected<Kernel> created = Kernel::create();
    ASSERT_TRUE(created) << created.error().message;
    kernel.emplace(std::move(created.value()));
  }
  void TearDown() override {
    expect_nothing_of_cages();
    kernel.reset();
    EXPECT_EQ(usage().host_descriptors, 0U);
    EXPECT_EQ(usage().host_mappings, 0U);
  }
  Cage create(const std::string& script) {
    Expected<Cage> cage = kernel->create_cage(shell(script));
    EXPECT_TRUE(cage) << cage.error().message;
    return std::move(cage.value());
  }

  std::optional<Kernel> kernel;
};

TEST_F(UsageTest, CountsWhatCagesHold) {
  Cage one = create("exit 3");
  const Usage with_one = usage();
  EXPECT_EQ(with_one.cages, 1U);
  EXPECT_EQ(with_one.tasks, 1U);
  EXPECT_EQ(with_one.address_spaces, 1U);
  EXPECT_GE(with_one.open_files, 3U);
  EXPECT_GE(with_one.host_descriptors, 1U);
  EXPECT_GE(with_one.host_mappings, 3U);
  Cage two = create(":");
  EXPECT_EQ(usage().cages, 2U);
  EXPECT_EQ(usage().open_files, 2 * with_one.open_files);
  EXPECT_EQ(one.run().shell_code(), 3);
  EXPECT_EQ(usage().tasks, 1U);
  EXPECT_EQ(usage().address_spaces, 1U);
}

TEST_F(UsageTest, WhatTheFirstProgramLeavesRunningEndsWithIt) {
  Cage cage =
      create("sleep 1000 & (trap '' TERM; exec sleep 1000) | cat & kill -STOP $!; echo over");
  EXPECT_EQ(cage.run().shell_code(), 0);
  EXPECT_EQ(cage.captured_output(), "over\n");
}

TEST_F(UsageTest, AllThatWasPipedForkedAndExecuted) {
  Cage cage = create("for i in 1 2 3 4 5 6 7 8; do seq 1000 | sort -rn | tail -n 1 & done; wait");
  EXPECT_EQ(cage.run().shell_code(), 0);
  EXPECT_EQ(cage.captured_output(), "1\n1\n1\n1\n1\n1\n1\n1\n");
}

TEST_F(UsageTest, OfACageThatNeverRuns) { create(":"); }

TEST_F(UsageTest, OfACageThatCannotBeMade) {
  CageOptions options = shell(":");
  options.program = "missing";
  EXPECT_FALSE(kernel->create_cage(options));
  options = shell(":");
  options.working_directory = "/missing";
  EXPECT_FALSE(kernel->create_cage(options));
}

}  // namespace
}  // namespace rawposix
