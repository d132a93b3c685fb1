// SPDX-License-Identifier: Apache-2.0
// The passes, in the order they run. Each turns one instruction into a sequence that later passes
// see again, until all of it is settled. docs/sfi.md section 5 is the table they implement.
#pragma once

#include <array>
#include <string_view>

#include "rewrite/context.h"
#include "rewrite/sequence.h"
#include "support/result.h"

namespace rawposix::rewrite {

struct Pass {
  std::string_view name;
  // A quick test whether there is anything to do.
  bool (*applies)(const Instruction&);
  // Appends what `in` becomes.
  Result<void, Refusal> (*apply)(const Instruction& in, Sequence& out, Context&);
};

extern const Pass kReservedPass;      // %r11 and %r14
extern const Pass kPrefixPass;        // prefixes, nops, software interrupts
extern const Pass kFormPass;          // 16-bit counts, push and pop
extern const Pass kStringPass;        // movs, stos, lods, cmps, scas
extern const Pass kBranchPass;        // calls, returns, jumps
extern const Pass kSyscallPass;       // syscall
extern const Pass kTlsPass;           // %fs, thread-local displacements
extern const Pass kStackPointerPass;  // %rsp as operand
extern const Pass kMemoryPass;        // every other memory operand

inline constexpr std::array<const Pass*, 9> kPasses = {
    &kReservedPass, &kPrefixPass, &kFormPass,         &kStringPass, &kBranchPass,
    &kSyscallPass,  &kTlsPass,    &kStackPointerPass, &kMemoryPass};

// Pieces that several passes emit.

// add (%r14),%to: a 32-bit offset becomes a host address.
Instruction rebase(Register to);
// mov (%r14),%r11
Instruction load_base();
// mov 8(%r14),%to: the thread pointer.
Instruction load_thread_pointer(Register to);
// Q1: masked indirect branch to %r11d.
void add_indirect_branch(Sequence& out);
// The aligned label that a call or a system call comes back to.
void add_return_label(std::string_view label, Sequence& out, Context& context);

}  // namespace rawposix::rewrite
