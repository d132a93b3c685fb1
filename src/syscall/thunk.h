// SPDX-License-Identifier: Apache-2.0
// Turns a handler into a table entry: its signature says how the registers are decoded.
//
//   Result<int64_t> sys_x(Task&, ...)   the value goes to the guest
//   Result<> sys_x(Task&, ...)          0 goes to the guest
//   Leave sys_x(Task&, ...)             the task does not go back to the guest
//   Result<Replaced> sys_x(Task&, ...)  on success the handler has set the registers itself
#pragma once

#include <array>
#include <string>
#include <type_traits>
#include <utility>

#include "sync/restart.h"
#include "syscall/arg.h"
#include "syscall/trace_names.h"

namespace rawposix::syscall {

struct Leave {};
struct Replaced {};

// What sfi::run() returns when a task ends.
inline constexpr int64_t kLeft = 1;
// A handler's own result: the call was cut short, and rax says how it is to go on (sync/restart.h).
inline constexpr int64_t kInterrupted = 2;

// Registers of a system call's arguments, in order.
inline constexpr std::array<uint64_t sfi::Registers::*, 6> kArgumentRegisters = {
    &sfi::Registers::rdi, &sfi::Registers::rsi, &sfi::Registers::rdx,
    &sfi::Registers::r10, &sfi::Registers::r8,  &sfi::Registers::r9};

template <class Outcome>
int64_t store_result(sfi::Registers& regs, Outcome&& outcome) {
  if constexpr (std::is_same_v<std::decay_t<Outcome>, Leave>) {
    return kLeft;
  } else if (!outcome.ok()) [[unlikely]] {
    regs.rax = static_cast<uint64_t>(-static_cast<int64_t>(outcome.error().number()));
    return sync::is_restart(outcome.error()) ? kInterrupted : 0;
  } else if constexpr (std::is_same_v<std::decay_t<Outcome>, Result<int64_t>>) {
    regs.rax = static_cast<uint64_t>(outcome.value());
    return 0;
  } else if constexpr (std::is_same_v<std::decay_t<Outcome>, Result<Replaced>>) {
    return 0;
  } else {
    static_assert(std::is_same_v<std::decay_t<Outcome>, Result<>>, "not a handler's result type");
    regs.rax = 0;
    return 0;
  }
}

template <auto kHandler, class Outcome, class... Args, size_t... kIndex>
int64_t call_handler(cage::Task& task, Outcome (*)(cage::Task&, Args...),
                     std::index_sequence<kIndex...>) {
  sfi::Registers& regs = task.context().regs;
  return store_result(
      regs, kHandler(task, SyscallArg<Args>::decode(regs.*kArgumentRegisters[kIndex])...));
}

template <class Outcome, class... Args>
constexpr auto argument_indices(Outcome (*)(cage::Task&, Args...)) {
  return std::index_sequence_for<Args...>{};
}

template <auto kHandler>
int64_t thunk(cage::Task& task) {
  return call_handler<kHandler>(task, kHandler, argument_indices(kHandler));
}

template <class Outcome, class... Args, size_t... kIndex>
void print_arguments(std::string& out, const cage::Task& task, Outcome (*)(cage::Task&, Args...),
                     std::index_sequence<kIndex...>) {
  const sfi::Registers& regs = task.context().regs;
  auto print_one = [&]<class T>(unsigned index, uint64_t raw, T*) {
    if (index != 0) out += ", ";
    if (!print_named(out, task, static_cast<uint32_t>(regs.rax), index, raw)) {
      SyscallArg<T>::print(out, task, SyscallArg<T>::decode(raw));
    }
  };
  static_cast<void>(print_one);
  (print_one(kIndex, regs.*kArgumentRegisters[kIndex], static_cast<Args*>(nullptr)), ...);
}

template <auto kHandler>
void print_call(std::string& out, const cage::Task& task) {
  print_arguments(out, task, kHandler, argument_indices(kHandler));
}

}  // namespace rawposix::syscall
