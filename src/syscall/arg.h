// SPDX-License-Identifier: Apache-2.0
// How a handler's parameter types are made from registers, and how the trace prints them. A type
// without a SyscallArg here does not compile as a parameter. Narrowing to 32 bits is deliberate:
// the kernel's own handlers take int and ignore the upper half (x86-64 psABI leaves it undefined).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "cage/task.h"
#include "fs/fd_num.h"
#include "mm/user_ptr.h"

namespace rawposix::syscall {

using fs::FdNum;
using mm::GuestAddr;
using mm::UserIn;
using mm::UserInOut;
using mm::UserOut;
using mm::UserString;

// Printers for the trace; they append to `out`. The string one reads the guest's memory.
void print_signed(std::string& out, int64_t value);
void print_hex(std::string& out, uint64_t value);
void print_address(std::string& out, uint64_t value);
void print_fd(std::string& out, int32_t value);
void print_string(std::string& out, const cage::Task& task, UserString value);
void print_bytes(std::string& out, const cage::Task& task, GuestAddr start, uint64_t size);

template <class T>
struct SyscallArg;

template <>
struct SyscallArg<int32_t> {
  static int32_t decode(uint64_t raw) { return static_cast<int32_t>(raw); }
  static void print(std::string& out, const cage::Task&, int32_t value) {
    print_signed(out, value);
  }
};

template <>
struct SyscallArg<uint32_t> {
  static uint32_t decode(uint64_t raw) { return static_cast<uint32_t>(raw); }
  static void print(std::string& out, const cage::Task&, uint32_t value) { print_hex(out, value); }
};

template <>
struct SyscallArg<int64_t> {
  static int64_t decode(uint64_t raw) { return static_cast<int64_t>(raw); }
  static void print(std::string& out, const cage::Task&, int64_t value) {
    print_signed(out, value);
  }
};

// Sizes and other full words.
template <>
struct SyscallArg<uint64_t> {
  static uint64_t decode(uint64_t raw) { return raw; }
  static void print(std::string& out, const cage::Task&, uint64_t value) {
    print_signed(out, static_cast<int64_t>(value));
  }
};

template <>
struct SyscallArg<FdNum> {
  static FdNum decode(uint64_t raw) { return FdNum{static_cast<int32_t>(raw)}; }
  static void print(std::string& out, const cage::Task&, FdNum value) {
    print_fd(out, value.value);
  }
};

template <>
struct SyscallArg<GuestAddr> {
  static GuestAddr decode(uint64_t raw) { return GuestAddr{raw}; }
  static void print(std::string& out, const cage::Task&, GuestAddr value) {
    print_address(out, value.value);
  }
};

template <>
struct SyscallArg<UserString> {
  static UserString decode(uint64_t raw) { return UserString{GuestAddr{raw}}; }
  static void print(std::string& out, const cage::Task& task, UserString value) {
    print_string(out, task, value);
  }
};

template <class T, mm::Direction kDirection>
struct SyscallArg<mm::UserPtr<T, kDirection>> {
  using Pointer = mm::UserPtr<T, kDirection>;
  static Pointer decode(uint64_t raw) { return Pointer(GuestAddr{raw}); }
  static void print(std::string& out, const cage::Task&, Pointer value) {
    print_address(out, value.addr().value);
  }
};

}  // namespace rawposix::syscall
