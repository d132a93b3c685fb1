// SPDX-License-Identifier: Apache-2.0
#include "debug/breakpoints.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "debug/test_target.h"

namespace rawposix::debug {
namespace {

class BreakpointsTest : public testing::Test {
 protected:
  int insert(uint64_t address) {
    auto inserted = points_.insert(address);
    return inserted.ok() ? 0 : inserted.error().number();
  }
  TestTarget target_;
  Breakpoints points_{target_.cage->address_space(), target_.cage->image()->code()};
};

TEST_F(BreakpointsTest, ShowInt3AndTheProgramAgain) {
  uint8_t before = target_.byte_at(TestTarget::kFunction);
  ASSERT_EQ(insert(TestTarget::kFunction), 0);
  ASSERT_EQ(insert(TestTarget::kEntry), 0);
  EXPECT_EQ(target_.byte_at(TestTarget::kFunction), 0xcc);
  EXPECT_EQ(target_.cage->image()->code().code[96], before) << "other cages' text";
  ASSERT_TRUE(points_.remove(TestTarget::kFunction).ok());
  EXPECT_EQ(target_.byte_at(TestTarget::kFunction), before);
  EXPECT_EQ(target_.byte_at(TestTarget::kEntry), 0xcc);
  points_.remove_all();
  EXPECT_EQ(target_.byte_at(TestTarget::kEntry), 0xb8);
}

TEST_F(BreakpointsTest, RefuseAddressesInsideInstructionsAndSequences) {
  for (uint64_t inside : {TestTarget::kEntry + 1, TestTarget::kJump + 4, TestTarget::kJump + 7}) {
    EXPECT_EQ(insert(inside), EINVAL) << inside;
    EXPECT_FALSE(points_.contains(inside));
  }
  EXPECT_EQ(insert(TestTarget::kJump), 0) << "a sequence's first instruction";
  EXPECT_EQ(insert(sfi::kSlotSize), EINVAL);
}

TEST_F(BreakpointsTest, CantBeWrittenOrDroppedByTheGuest) {
  ASSERT_EQ(insert(TestTarget::kEntry), 0);
  mm::AddressSpace& memory = target_.cage->address_space();
  mm::GuestAddr page{loader::TestElf::kText};
  EXPECT_FALSE(memory.mprotect(page, sfi::kPageSize, PROT_READ | PROT_WRITE).ok());
  EXPECT_FALSE(target_.task->memory().fill(page, std::byte{0x90}, 1).ok());
  // Zeroes would be code that nobody has verified.
  EXPECT_TRUE(memory.madvise(page, sfi::kPageSize, MADV_DONTNEED).ok());
  EXPECT_EQ(target_.byte_at(TestTarget::kEntry), 0xcc);
  EXPECT_EQ(target_.byte_at(TestTarget::kFunction), 0x83);
}

TEST_F(BreakpointsTest, FailWhereTheTextIsGone) {
  mm::GuestAddr page{loader::TestElf::kText};
  ASSERT_TRUE(target_.cage->address_space().munmap(page, sfi::kPageSize).ok());
  EXPECT_EQ(insert(TestTarget::kEntry), EFAULT);
  EXPECT_FALSE(points_.contains(TestTarget::kEntry));
}

TEST_F(BreakpointsTest, HideThemselves) {
  ASSERT_EQ(insert(TestTarget::kFunction), 0);
  std::byte bytes[8] = {};
  points_.hide(TestTarget::kFunction - 3, bytes);
  EXPECT_EQ(bytes[3], std::byte{0x83});
  EXPECT_EQ(bytes[2], std::byte{0});
}

TEST_F(BreakpointsTest, OutsideTheTextAreReachedByMaskedJumps) {
  constexpr uint64_t kStack = 0xfffef000;
  ASSERT_EQ(insert(kStack + 31), 0);
  EXPECT_EQ(points_.reached_by_jump_to(kStack), kStack + 31);
  EXPECT_EQ(points_.reached_by_jump_to(kStack + 32), kStack + 32);
  EXPECT_EQ(points_.reached_by_jump_to(kStack + 1), kStack + 1);
}

}  // namespace
}  // namespace rawposix::debug
