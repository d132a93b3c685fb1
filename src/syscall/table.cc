// SPDX-License-Identifier: Apache-2.0
#include "syscall/table.h"

#include <asm/unistd.h>

#include <array>

#include "syscall/handlers.h"
#include "syscall/thunk.h"

namespace rawposix::syscall {

// Not constexpr and not there: calling it makes the table ill-formed.
void two_rows_for_one_number();

namespace {

consteval std::array<SystemCall, kTableSize> build() {
  std::array<SystemCall, kTableSize> calls{};
#define X(row_number, row_name, row_support, row_note)                               \
  static_assert(__NR_##row_name == (row_number), #row_name " has another number");   \
  if (calls[row_number].name != nullptr) two_rows_for_one_number();                  \
  calls[row_number] = {row_number,                                                   \
                       #row_name,                                                    \
                       thunk<&sys_##row_name>,                                       \
                       print_call<&sys_##row_name>,                                  \
                       Support::row_support,                                         \
                       row_note};
#include "syscall/syscalls.def"
#undef X
  return calls;
}

constexpr std::array<SystemCall, kTableSize> kTable = build();

}  // namespace

std::span<const SystemCall, kTableSize> table() { return kTable; }

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
