// SPDX-License-Identifier: Apache-2.0
#include "syscall/table.h"

#include <asm/unistd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "syscall/handlers.h"
#include "syscall/thunk.h"

// Newer than the oldest headers that this is built with.
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

namespace rawposix::syscall {

namespace {

constexpr SystemCall kTable[] = {
#define X(row_number, row_name, row_support, row_note)                                   \
  {row_number,           #row_name, thunk<&sys_##row_name>, print_call<&sys_##row_name>, \
   Support::row_support, row_note},
#include "syscall/syscalls.def"
#undef X
};

#define X(row_number, row_name, row_support, row_note) \
  static_assert(__NR_##row_name == (row_number), #row_name " has another number");
#include "syscall/syscalls.def"
#undef X

constexpr bool ascending() {
  for (size_t row = 1; row < std::size(kTable); row++) {
    if (kTable[row - 1].number >= kTable[row].number) return false;
  }
  return true;
}
static_assert(ascending(), "rows of syscalls.def are out of order, or two have one number");

consteval std::array<SystemCall::Thunk, kTableSize> build_thunks() {
  std::array<SystemCall::Thunk, kTableSize> thunks{};
  for (const SystemCall& call : kTable) thunks[call.number] = call.thunk;
  return thunks;
}

}  // namespace

constinit const std::array<SystemCall::Thunk, kTableSize> kThunks = build_thunks();

std::span<const SystemCall> table() { return kTable; }

const SystemCall* find_call(uint64_t number) {
  const SystemCall* found =
      std::lower_bound(std::begin(kTable), std::end(kTable), number,
                       [](const SystemCall& call, uint64_t n) { return call.number < n; });
  return found != std::end(kTable) && found->number == number ? found : nullptr;
}

const char* to_string(Support support) {
  switch (support) {
    case Support::kFull:
      return "full";
    case Support::kPartial:
      return "partial";
    case Support::kStub:
      return "stub";
  }
  return "?";
}

}  // namespace rawposix::syscall
