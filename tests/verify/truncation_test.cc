// SPDX-License-Identifier: Apache-2.0
// What docs/sfi.md 3.2 takes for granted about %gs with 32-bit addresses, proved on this processor:
// base, index, scale, displacement, vector indices and bit offsets are summed, then truncated to 32
// bits, then added to the base of %gs. The manuals leave some of this open.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstring>

#include "corpus.h"
#include "twin_slots.h"
#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

constexpr uint32_t kMiddle = kDataArea + kDataSize / 2;

class Truncation : public testing::Test {
 protected:
  Truncation() {
    slots().reset_memory();
    std::mt19937 random(1);
    state_ = slots().random_state(random);
  }

  // Runs one instruction that the verifier accepts.
  Machine run(const std::string& source) {
    std::vector<uint8_t> code = assemble_text(source);
    Report report = verify({code, kCodeArea});
    EXPECT_TRUE(report.ok()) << source << format(report.violations.at(0));
    slots().load(code);
    return slots()[0].step(slots()[0].enter(state_));
  }

  void set(int index, uint64_t value) { state_.registers[index] = static_cast<int64_t>(value); }

  // Elements of vector register 0 to 15, low 128 bits.
  template <typename T>
  void set_vector(unsigned number, std::initializer_list<T> elements) {
    std::memcpy(&state_.vectors[160 + 16 * number], std::data(elements),
                elements.size() * sizeof(T));
  }

  static uint64_t word_at(uint32_t offset) {
    uint64_t value;
    std::memcpy(&value, slots()[0].at(offset), sizeof(value));
    return value;
  }

  // The instruction faulted at this offset, or past the slot's end.
  static void expect_fault(const Machine& after, uint64_t offset) {
    EXPECT_EQ(after.signal, SIGSEGV);
    EXPECT_EQ(after.fault_address - slots()[0].base(), offset);
  }

  Machine state_;
};

TEST_F(Truncation, UpperHalvesOfBaseAndIndexAreIgnored) {
  set(REG_RAX, 0x7fffffff00000000 | kMiddle);
  set(REG_RCX, 0x8000000000000000 | 2);
  EXPECT_EQ(static_cast<uint64_t>(run("mov %gs:8(%eax,%ecx,8), %rdx").registers[REG_RDX]),
            word_at(kMiddle + 24));
}

TEST_F(Truncation, SumsWrapAtFourGigabytes) {
  set(REG_RAX, 0xfffffff0);
  set(REG_RCX, 0xf0000000);
  Machine after = run("mov %gs:0x20002010(%eax), %rdx");
  EXPECT_EQ(static_cast<uint64_t>(after.registers[REG_RDX]), word_at(kMiddle));
  after = run("mov %gs:-16(,%ecx,8), %rdx");  // 0x780000000 - 16
  expect_fault(after, 0x7ffffff0);
}

TEST_F(Truncation, NegativeDisplacementsStayInside) {
  set(REG_RAX, 0);
  expect_fault(run("mov %gs:-8(%eax), %rdx"), 0xfffffff8);
}

TEST_F(Truncation, AccessesThatStraddleTheEndReachTheGuardBeyond) {
  set(REG_RAX, 0xfffffffe);
  Machine after = run("mov %gs:(%eax), %rdx");
  EXPECT_EQ(after.signal, SIGSEGV);
  EXPECT_GE(after.fault_address, slots()[0].base() + 0xfffffffe);
  EXPECT_LT(after.fault_address, slots()[0].base() + kSlotSize + 64);
}

TEST_F(Truncation, PushAndPopOfGuardedOperands) {
  set(REG_RAX, kBait | kMiddle);
  uint64_t expected = word_at(kMiddle);
  Machine after = run("push %gs:(%eax)");
  EXPECT_EQ(after.signal, SIGTRAP);
  EXPECT_EQ(word_at(kStackPointer - 8), expected);
  expected = word_at(kStackPointer);
  run("pop %gs:64(%eax)");
  EXPECT_EQ(word_at(kMiddle + 64), expected);
}

TEST_F(Truncation, BitOffsetsOf64Bits) {
  set(REG_RBX, kBait | kMiddle);
  // Byte distance 5 * 2^32 + 3 and bit 2; untruncated that is 20 GiB away.
  set(REG_RAX, (uint64_t{5} << 35) | (3 * 8 + 2));
  uint8_t* byte = slots()[0].at(kMiddle + 3);
  *byte = 0;
  Machine after = run("bts %rax, %gs:(%ebx)");
  EXPECT_EQ(after.signal, SIGTRAP);
  EXPECT_EQ(*byte, 4);
  // A negative distance: -(2^40 + 8) bytes.
  set(REG_RAX, static_cast<uint64_t>(-((int64_t{1} << 43) + 64)));
  byte = slots()[0].at(kMiddle - 8);
  *byte = 0;
  run("btc %rax, %gs:(%ebx)");
  EXPECT_EQ(*byte, 1);
}

TEST_F(Truncation, GathersWith64BitIndices) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP();
  set(REG_RAX, kBait | kMiddle);
  set_vector<uint64_t>(1, {UINT64_MAX, UINT64_MAX});  // mask
  set_vector<uint64_t>(2, {uint64_t{3} << 32 | 2, (kBait << 8) | 5});
  Machine after = run("vpgatherqq %xmm1, %gs:(%eax,%xmm2,8), %xmm3");
  EXPECT_EQ(after.signal, SIGTRAP);
  std::array<uint64_t, 2> loaded;
  std::memcpy(loaded.data(), &after.vectors[160 + 16 * 3], sizeof(loaded));
  EXPECT_EQ(loaded[0], word_at(kMiddle + 16));
  EXPECT_EQ(loaded[1], word_at(kMiddle + 40));
}

TEST_F(Truncation, GathersWithNegative32BitIndices) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP();
  set(REG_RAX, 0x10);
  set_vector<uint32_t>(1, {0x80000000, 0, 0, 0});
  set_vector<int32_t>(2, {-0x20, 0, 0, 0});
  expect_fault(run("vpgatherdd %xmm1, %gs:(%eax,%xmm2,2), %xmm3"), 0xffffffd0);
}

TEST_F(Truncation, ScattersWith64BitIndices) {
  if (!__builtin_cpu_supports("avx512vl")) GTEST_SKIP();
  set(REG_RAX, kBait | kMiddle);
  set_vector<uint64_t>(2, {uint64_t{3} << 32 | 2, (kBait << 8) | 5});
  set_vector<uint64_t>(4, {0x1122334455667788, 0x99aabbccddeeff00});
  // kxnor sets the mask; both instructions in turn.
  std::vector<uint8_t> code =
      assemble_text("kxnorb %k1, %k1, %k1\n vpscatterqq %xmm4, %gs:(%eax,%xmm2,8){%k1}");
  ASSERT_TRUE(verify({code, kCodeArea}).ok());
  slots().load(code);
  Machine after = slots()[0].step(slots()[0].step(slots()[0].enter(state_)));
  EXPECT_EQ(after.signal, SIGTRAP);
  EXPECT_EQ(word_at(kMiddle + 16), 0x1122334455667788);
  EXPECT_EQ(word_at(kMiddle + 40), 0x99aabbccddeeff00);
}

TEST_F(Truncation, MaskedMoves) {
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP();
  set(REG_RAX, kBait | kMiddle);
  set_vector<uint64_t>(1, {UINT64_MAX, 0});
  set_vector<uint64_t>(2, {0x1122334455667788, 0});
  uint64_t second = word_at(kMiddle + 8);
  EXPECT_EQ(run("vpmaskmovq %xmm2, %xmm1, %gs:(%eax)").signal, SIGTRAP);
  EXPECT_EQ(word_at(kMiddle), 0x1122334455667788);
  EXPECT_EQ(word_at(kMiddle + 8), second);
  Machine after = run("vmaskmovpd %gs:(%eax), %xmm1, %xmm3");
  uint64_t loaded = 0;
  std::memcpy(&loaded, &after.vectors[160 + 16 * 3], sizeof(loaded));
  EXPECT_EQ(loaded, word_at(kMiddle));
}

TEST_F(Truncation, Wide) {
  set(REG_RAX, kBait | kMiddle);
  set(REG_RDX, 0);
  Machine after = run("lock cmpxchg16b %gs:(%eax)");
  EXPECT_EQ(after.signal, SIGTRAP);
  EXPECT_EQ(run("fnsave %gs:(%eax)").signal, SIGTRAP);
  EXPECT_EQ(run("prefetcht0 %gs:(%eax)").signal, SIGTRAP);
}

}  // namespace
}  // namespace rawposix::verify
