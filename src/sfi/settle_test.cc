// SPDX-License-Identifier: Apache-2.0
#include "sfi/settle.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <vector>

namespace rawposix::sfi {
namespace {

constexpr uint64_t kStart = 0x100000;
constexpr uint64_t kHost = uint64_t{0x7e12} << 32;  // some slot's base

// One bundle of code; safe points are given by offset.
struct Code {
  Code(std::vector<uint8_t> bytes, std::vector<unsigned> safe) : code(std::move(bytes)) {
    code.resize(32, 0x90);
    for (unsigned offset : safe) points |= uint64_t{1} << offset;
    map = {code.data(), kStart, code.size(), {&points, 32}};
  }
  Registers settled(unsigned offset, Registers regs = {}) const {
    regs.rip = kStart + offset;
    settle(regs, &map);
    return regs;
  }
  std::vector<uint8_t> code;
  uint64_t points = 0;
  CodeMap map{};
};

TEST(Settle, LeavesSafePointsAndForeignCodeAlone) {
  Code code({0x89, 0xff}, {0, 2});
  EXPECT_EQ(code.settled(2).rip, kStart + 2);
  Registers outside{};
  outside.rip = 0x40;
  settle(outside, &code.map);
  EXPECT_EQ(outside.rip, 0x40U);
  settle(outside, nullptr);
  EXPECT_EQ(outside.rip, 0x40U);
}

TEST(Settle, CompletesAnIndirectBranch) {
  Code code({0x41, 0x83, 0xe3, 0xe0, 0x4d, 0x03, 0x1e, 0x41, 0xff, 0xe3}, {0, 10});
  Registers regs{};
  regs.r11 = 0x123460;
  EXPECT_EQ(code.settled(4, regs).rip, 0x123460U);
  EXPECT_EQ(code.settled(7, regs).rip, 0x123460U);
  regs.r11 = 0x123467;
  EXPECT_EQ(code.settled(7, regs).rip, 0x123460U);
}

TEST(Settle, CompletesAStackPointerUpdate) {
  Code code({0x83, 0xec, 0x18, 0x49, 0x03, 0x26}, {0, 6});
  EXPECT_EQ(code.settled(3).rip, kStart + 6);
}

TEST(Settle, RestartsOrCompletesAFlagKeepingUpdate) {
  // mov (%r14),%r11; mov %ebp,%esp; lea (%rsp,%r11),%rsp
  Code code({0x4d, 0x8b, 0x1e, 0x89, 0xec, 0x4a, 0x8d, 0x24, 0x1c}, {0, 9});
  EXPECT_EQ(code.settled(3).rip, kStart);
  EXPECT_EQ(code.settled(5).rip, kStart + 9);
}

TEST(Settle, RestartsAnUnfinishedStringInstruction) {
  // rep movsq with both registers
  Code code({0x4d, 0x8b, 0x1e, 0x89, 0xff, 0x4a, 0x8d, 0x3c, 0x1f, 0x89, 0xf6,
             0x4a, 0x8d, 0x34, 0x1e, 0xf3, 0x48, 0xa5, 0x89, 0xff, 0x89, 0xf6},
            {0, 22});
  Registers regs{};
  regs.rdi = kHost + 0x2000;
  regs.rsi = kHost + 0x3000;
  for (unsigned at : {3U, 5U, 9U, 11U, 15U}) {
    Registers settled = code.settled(at, regs);
    EXPECT_EQ(settled.rip, kStart) << at;
    EXPECT_EQ(settled.rdi, 0x2000U);
    EXPECT_EQ(settled.rsi, 0x3000U);
  }
  for (unsigned at : {18U, 20U}) {
    Registers settled = code.settled(at, regs);
    EXPECT_EQ(settled.rip, kStart + 22) << at;
    EXPECT_EQ(settled.rdi, 0x2000U);
    EXPECT_EQ(settled.rsi, 0x3000U);
  }
}

TEST(Settle, TouchesOnlyTheRegistersThatAStringInstructionUses) {
  // rep stosb
  Code code({0x4d, 0x8b, 0x1e, 0x89, 0xff, 0x4a, 0x8d, 0x3c, 0x1f, 0xf3, 0xaa, 0x89, 0xff},
            {0, 13});
  Registers regs{};
  regs.rdi = kHost + 0x2000;
  regs.rsi = ~uint64_t{0};
  Registers settled = code.settled(9, regs);
  EXPECT_EQ(settled.rip, kStart);
  EXPECT_EQ(settled.rdi, 0x2000U);
  EXPECT_EQ(settled.rsi, ~uint64_t{0});
  EXPECT_EQ(code.settled(11, regs).rip, kStart + 13);
}

TEST(Settle, RestartsACleanScratchPair) {
  // mov %esp,%r11d; push %r11
  Code code({0x41, 0x89, 0xe3, 0x41, 0x53}, {0, 5});
  EXPECT_EQ(code.settled(3).rip, kStart);
}

TEST(SystemCallInstruction, IsTheJumpBeforeTheReturnAddress) {
  // jmp *24(%r14), then nops
  Code code({0x41, 0xff, 0x66, 24}, {0});
  for (uint64_t offset = 4; offset < 32; offset++) code.points |= uint64_t{1} << offset;
  EXPECT_EQ(system_call_instruction(code.map, kStart + 4), kStart);
  EXPECT_EQ(system_call_instruction(code.map, kStart + 32), kStart);
  EXPECT_EQ(system_call_instruction(code.map, kStart), std::nullopt);
  EXPECT_EQ(system_call_instruction(code.map, kStart - 1), std::nullopt);
}

// Attack: a return address so far behind the code that only its last byte is a candidate.
TEST(SystemCallInstruction, NothingBehindTheCodeIsRead) {
  constexpr size_t kPage = 4096;
  void* mapped =
      mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* code = static_cast<uint8_t*>(mapped);
  ASSERT_EQ(mprotect(code + kPage, kPage, PROT_NONE), 0);
  for (const uint8_t last : std::initializer_list<uint8_t>{0x41, 0xcc, 0x90}) {
    std::fill_n(code, kPage, last);
    std::vector<uint64_t> points(kPage / 64, ~uint64_t{0});
    CodeMap map{code, kStart, kPage, {points.data(), kPage}};
    for (uint64_t back = 0; back < 64; back++) {
      EXPECT_EQ(system_call_instruction(map, kStart + kPage + back), std::nullopt);
    }
  }
  munmap(mapped, 2 * kPage);
}

}  // namespace
}  // namespace rawposix::sfi
