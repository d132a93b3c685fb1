// SPDX-License-Identifier: Apache-2.0
// Frames that a guest has made up: whatever they say, the context stays one that may be resumed.
#include "signal/frame.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <random>

#include "abi/signal.h"
#include "sfi/run.h"
#include "sfi/vectors.h"
#include "signal/siginfo.h"

namespace rawposix::signal {
namespace {

constexpr uint64_t kStack = 0x10000000;
constexpr uint64_t kStackSize = 64 * 1024;
constexpr uint64_t kCode = 0x100000;
constexpr uint64_t kUserFlags = 0xcd5;

class FrameTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::setup().ok()); }
  FrameTest() {
    base_ = static_cast<std::byte*>(mmap(nullptr, sfi::kSlotSize, PROT_NONE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    EXPECT_EQ(mprotect(base_ + kStack, kStackSize, PROT_READ | PROT_WRITE), 0);
    sfi::initialize(context_, base_);
    context_.regs.rsp = kStack + kStackSize / 2;
    context_.regs.rip = kCode;
  }
  ~FrameTest() override { munmap(base_, sfi::kSlotSize); }

  mm::GuestMemory memory() const { return mm::GuestMemory(base_); }
  Result<> push() {
    return push_frame(context_, memory(), stack_,
                      {.action = action_, .info = info_, .saved_mask = SignalSet{SIGUSR2}});
  }
  // As the handler's `ret` leaves it.
  Result<SignalSet> pop() {
    context_.regs.rsp += sizeof(uint64_t);
    return pop_frame(context_, memory(), stack_);
  }
  template <class T>
  T& at(uint64_t address) {
    return *reinterpret_cast<T*>(base_ + address);
  }

  std::byte* base_;
  sfi::Context context_{};
  AlternateStack stack_;
  const Action action_{kCode + 64, kHasRestorer, kCode + 128, 0};
  const abi::Siginfo info_ = plain_info(SIGUSR1, SI_USER);
};

TEST_F(FrameTest, WhatIsPushedComesBack) {
  context_.regs.rbx = 0x1122334455667788;
  context_.regs.r13 = 13;
  const sfi::Registers before = context_.regs;
  ASSERT_TRUE(push().ok());
  EXPECT_EQ(context_.regs.rip, kCode + 64);
  EXPECT_EQ(context_.regs.rdi, static_cast<uint64_t>(SIGUSR1));
  EXPECT_EQ(context_.regs.rsp % 16, 8U);
  EXPECT_LT(context_.regs.rsp, before.rsp - 128);
  context_.regs.rbx = 0;
  const Result<SignalSet> mask = pop();
  ASSERT_TRUE(mask.ok());
  EXPECT_EQ(mask.value(), SignalSet{SIGUSR2});
  EXPECT_EQ(context_.regs.rbx, before.rbx);
  EXPECT_EQ(context_.regs.r13, before.r13);
  EXPECT_EQ(context_.regs.rip, before.rip);
  EXPECT_EQ(context_.regs.rsp, before.rsp);
}

TEST_F(FrameTest, WithoutRoomNothingChanges) {
  context_.regs.rsp = kStack + 100;
  const sfi::Registers before = context_.regs;
  EXPECT_EQ(push().error(), Errno(EFAULT));
  EXPECT_EQ(std::memcmp(&before, &context_.regs, sizeof before), 0);
  context_.regs.rsp = 8;
  EXPECT_EQ(push().error(), Errno(EFAULT));
}

TEST_F(FrameTest, NoFrameToPop) {
  context_.regs.rsp = 0x2000;
  EXPECT_EQ(pop().error(), Errno(EFAULT));
  context_.regs.rsp = UINT64_MAX;
  EXPECT_EQ(pop().error(), Errno(EFAULT));
}

TEST_F(FrameTest, SomeSignalsCantBeBlocked) {
  ASSERT_TRUE(push().ok());
  const uint64_t place = context_.regs.rsp + offsetof(abi::SignalFrame, ucontext);
  at<abi::Ucontext>(place).mask = ~uint64_t{0};
  EXPECT_EQ(pop().value(), ~kUnblockable);
}

// What must hold of any context that is resumed (docs/sfi.md section 1).
void expect_harmless(const sfi::Context& context) {
  EXPECT_LE(context.regs.rip, UINT32_MAX);
  EXPECT_LE(context.regs.rsp, UINT32_MAX);
  EXPECT_LE(context.regs.r11, UINT32_MAX);
  EXPECT_EQ(context.regs.r14, 0U);
  EXPECT_EQ(context.regs.rflags & ~kUserFlags, 0x202U);
  uint32_t mxcsr = 0;
  std::memcpy(&mxcsr, context.vectors + 24, sizeof mxcsr);
  EXPECT_EQ(mxcsr & ~0xffffU, 0U);
  uint64_t header[8];
  std::memcpy(header, context.vectors + 512, sizeof header);
  EXPECT_EQ(header[0] & ~sfi::vector_features(), 0U);  // XRSTOR faults on the others
  for (int i = 1; i < 8; i++) EXPECT_EQ(header[i], 0U);
}

TEST_F(FrameTest, ForgedFramesMakeNothingButAnOrdinaryContext) {
  std::mt19937_64 random(20261126);
  int accepted = 0;
  for (int round = 0; round < 20'000; round++) {
    context_.regs.rsp = kStack + kStackSize / 2;
    ASSERT_TRUE(push().ok());
    const uint64_t frame = context_.regs.rsp;
    const uint64_t end = kStack + kStackSize / 2;
    // A few words of it, or all.
    const uint64_t changes = round % 10 == 0 ? (end - frame) / 8 : 1 + random() % 6;
    for (uint64_t i = 0; i < changes; i++) {
      const uint64_t word = frame + random() % ((end - frame) / 8) * 8;
      const uint64_t value = random() >> random() % 64;
      at<uint64_t>(word) = value;
      // The area may be anywhere, on the stack or beyond its end.
      if (random() % 8 == 0) {
        at<abi::Ucontext>(frame + offsetof(abi::SignalFrame, ucontext)).context.vectors =
            kStack + random() % (kStackSize + 4096);
      }
    }
    if (!pop().ok()) continue;
    accepted++;
    expect_harmless(context_);
    if (HasFailure()) break;
    context_.regs.rip = kCode;
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace rawposix::signal
