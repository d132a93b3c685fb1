// SPDX-License-Identifier: Apache-2.0
// The system calls, from syscalls.def: everything that concerns all of them derives from this.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "cage/task.h"

namespace rawposix::syscall {

enum class Support : uint8_t {
  kFull,     // as Linux
  kPartial,  // the note says what is missing; the missing part answers with an error
  kStub,     // accepted and without effect, the note says why that is right
};

struct SystemCall {
  // Runs the handler with arguments from the task's registers and stores the result in rax. Returns
  // 0 to go on in the guest, else what sfi::run() is to return.
  using Thunk = int64_t (*)(cage::Task&);
  // Appends "name(arguments" as the registers have them now.
  using Printer = void (*)(std::string&, const cage::Task&);

  uint16_t number = 0;
  const char* name = nullptr;
  Thunk thunk = nullptr;
  Printer print = nullptr;
  Support support = Support::kFull;
  const char* note = "";
};

inline constexpr uint16_t kTableSize = 512;

// The calls that are there, by ascending number.
std::span<const SystemCall> table();

// The handler of a call, null if there is none: one load on the way of every call.
extern const std::array<SystemCall::Thunk, kTableSize> kThunks;

// The row of a call, null if there is none.
const SystemCall* find_call(uint64_t number);

const char* to_string(Support support);

// The name of any x86-64 Linux call, also of those without a row here; null for no such number.
const char* linux_name(uint64_t number);

}  // namespace rawposix::syscall
