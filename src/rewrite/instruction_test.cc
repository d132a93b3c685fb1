// SPDX-License-Identifier: Apache-2.0
#include "rewrite/instruction.h"

#include <gtest/gtest.h>

namespace rawposix::rewrite {
namespace {

constexpr Register kRbx{RegisterKind::kQuad, 3};

Operand parsed(std::string_view text) {
  const std::optional<Operand> operand = parse_operand(text);
  EXPECT_TRUE(operand.has_value()) << text;
  return operand.value_or(Operand{});
}

TEST(Operand, Registers) {
  EXPECT_EQ(parsed("%rax").reg, kRax);
  EXPECT_EQ(parsed("%r11d").reg, kLongR11);
  EXPECT_EQ(parsed("%ah").reg, (Register{RegisterKind::kHighByte, 4}));
  EXPECT_EQ(parsed("%spl").reg, (Register{RegisterKind::kByte, kSp}));
  EXPECT_EQ(parsed("%st(3)").reg, (Register{RegisterKind::kX87, 3}));
  EXPECT_EQ(parsed("%st").reg, (Register{RegisterKind::kX87, 0}));
  EXPECT_EQ(parsed("%zmm31").reg, (Register{RegisterKind::kZmm, 31}));
  EXPECT_TRUE(parsed("*%rax").indirect);
  // A high byte isn't a part of the stack pointer, though it has its number.
  EXPECT_FALSE(parsed("%ah").names(kSp));
  EXPECT_TRUE(parsed("%spl").names(kSp));
}

TEST(Operand, Memory) {
  const Operand full = parsed("%fs:sym+4@tpoff(%rax, %rbx, 8)");
  EXPECT_EQ(full.memory.segment, kFs);
  EXPECT_EQ(full.memory.displacement, "sym+4@tpoff");
  EXPECT_EQ(full.memory.base, kRax);
  EXPECT_EQ(full.memory.index, kRbx);
  EXPECT_EQ(full.memory.scale, '8');

  const Operand index = parsed("table(,%rbx,4)");
  EXPECT_FALSE(index.memory.base);
  EXPECT_EQ(index.memory.index, kRbx);

  EXPECT_EQ(parsed("(8+8)(%rsp)").memory.displacement, "(8+8)");
  EXPECT_TRUE(parsed("(8+8)").memory.is_absolute());
  EXPECT_TRUE(parsed("foo").memory.is_absolute());
  EXPECT_FALSE(parsed("(%rax,%riz,1)").memory.has_index());
  EXPECT_EQ(parsed("x@GOTPCREL(%rip)").memory.base.kind, RegisterKind::kIp);
}

TEST(Operand, ImmediatesAndDecorations) {
  EXPECT_EQ(parsed("$sym+4").value, "sym+4");
  EXPECT_EQ(parsed("(%rax){1to8}").decorations, "{1to8}");
  EXPECT_EQ(parsed("%zmm1{%k1}{z}").decorations, "{%k1}{z}");
  EXPECT_EQ(parsed("{rn-sae}").kind, Operand::kDecoration);
}

TEST(Operand, WhatIsNone) {
  for (const char* text : {"", "%bogus", "$", "%rax)", "(%rax", "8(%rax,%rbx,3)", "(%xmm0)",
                           "(%rax,%rbx,4,5)", "%rax:8", "(%ax)"}) {
    EXPECT_FALSE(parse_operand(text).has_value()) << text;
  }
}

TEST(Operand, PrintsWhatChanged) {
  Operand operand = parsed("8(%rax,%rbx,2){1to4}");
  std::string out;
  print_operand(operand, out);
  EXPECT_EQ(out, "8(%rax,%rbx,2){1to4}");
  operand.text = {};
  operand.memory.segment = kGs;
  operand.memory.base = as_long(operand.memory.base);
  out.clear();
  print_operand(operand, out);
  EXPECT_EQ(out, "%gs:8(%eax,%rbx,2){1to4}");
}

TEST(Instruction, PrefixesAndEncodings) {
  const Result<Instruction, Refusal> in = parse_instruction("{evex} {disp32} lock rep nop");
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(in.value().encoding, "{evex} {disp32}");
  EXPECT_TRUE(in.value().has(Prefix::kLock));
  EXPECT_TRUE(in.value().has(Prefix::kRep));
  EXPECT_EQ(in.value().op(), Op::kNop);
  EXPECT_FALSE(parse_instruction("{disp32} {vex3} nop").ok());
  const Result<Instruction, Refusal> alone = parse_instruction("lock");
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone.value().mnemonic, nullptr);
}

TEST(Instruction, SuffixesAndAmbiguousNames) {
  const auto op = [](std::string_view text) {
    const Result<Instruction, Refusal> in = parse_instruction(text);
    return in.ok() ? in.value().op() : Op::kRefused;
  };
  EXPECT_EQ(op("movq %rax, %rbx"), Op::kMov);
  EXPECT_EQ(op("movsd"), Op::kString);
  EXPECT_EQ(op("movsd %xmm0, (%rax)"), Op::kPlain);
  EXPECT_EQ(op("movsl"), Op::kString);
  EXPECT_EQ(op("movslq %eax, %rbx"), Op::kPlain);
  EXPECT_EQ(op("movsb %al, %ecx"), Op::kPlain);
  EXPECT_EQ(op("cmpsd $1, %xmm0, %xmm1"), Op::kPlain);
  EXPECT_EQ(op("jne,pt .L1"), Op::kJcc);
  EXPECT_EQ(op("cmovl %eax, %ebx"), Op::kPlain);
  EXPECT_EQ(op("std"), Op::kRefused);
  EXPECT_EQ(op("nosuch"), Op::kRefused);
}

TEST(Mnemonic, FlagsAndStems) {
  ASSERT_NE(find_mnemonic("subq"), nullptr);
  EXPECT_EQ(find_mnemonic("subq")->stem, "sub");
  EXPECT_EQ(find_mnemonic("subq")->suffix, 'q');
  EXPECT_NE(find_mnemonic("setnbe")->flags & kReadsFlags, 0);
  EXPECT_NE(find_mnemonic("cmovnel")->flags & kReadsFlags, 0);
  EXPECT_NE(find_mnemonic("jmp")->flags & kNoFallThrough, 0);
  EXPECT_EQ(find_mnemonic("vaddps")->op, Op::kPlain);
  EXPECT_EQ(find_mnemonic("vaddpsx"), nullptr);
}

}  // namespace
}  // namespace rawposix::rewrite
