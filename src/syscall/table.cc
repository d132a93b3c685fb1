// SPDX-License-Identifier: Apache-2.0
#include "syscall/table.h"

#include <asm/unistd.h>

#include <array>

#include "syscall/handlers.h"
#include "syscall/thunk.h"

namespace rawposix::syscall {
namespace {

consteval std::array<SystemCall, kTableSize> build() {
  std::array<SystemCall, kTableSize> calls{};
#define X(number, name, support, note)                                                   \
  static_assert(__NR_##name == (number), #name " has another number");                   \
  if (calls[number].name != nullptr) throw "two rows for one number";                    \
  calls[number] = {number,           #name, thunk<&sys_##name>, print_call<&sys_##name>, \
                   Support::support, note};
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
