// SPDX-License-Identifier: Apache-2.0
// Software breakpoints of one cage. The pages of text that hold some are replaced, in this cage
// alone, by private copies with int3 at their addresses; other cages go on with the shared pages.
//
// Only a safe point can have one: an address inside a guard sequence, where registers hold host
// addresses, or inside an instruction is refused. Outside the text a breakpoint needs no int3, as
// nothing is executable there: the jump to it faults. gdb puts one on the stack as the return
// address of functions that it calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>

#include "mm/address_space.h"
#include "sfi/context.h"
#include "support/result.h"

namespace rawposix::debug {

class Breakpoints {
 public:
  Breakpoints(mm::AddressSpace& memory, const sfi::CodeMap& code) : memory_(memory), code_(code) {}

  // EINVAL at an address that can't have one; EFAULT where text was unmapped.
  Result<> insert(uint64_t address);
  Result<> remove(uint64_t address);
  void remove_all();

  bool contains(uint64_t address) const { return addresses_.contains(address); }
  // The one outside the text that a return or call to `address`, masked as all are, was meant for;
  // `address` itself if there is none.
  uint64_t reached_by_jump_to(uint64_t address) const;
  // Puts the program's own bytes where `bytes`, read from `start`, show int3.
  void hide(uint64_t start, std::span<std::byte> bytes) const;

 private:
  bool in_text(uint64_t address) const { return address - code_.start < code_.size; }
  // Shows the page of `address` as addresses_ wants it.
  Result<> refresh(uint64_t address);

  mm::AddressSpace& memory_;
  const sfi::CodeMap& code_;
  std::set<uint64_t> addresses_;
};

}  // namespace rawposix::debug
