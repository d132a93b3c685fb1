// SPDX-License-Identifier: Apache-2.0
// Signal structures of the x86-64 kernel interface.
#pragma once

#include <array>
#include <cstdint>

namespace rawposix::abi {

using Sigset = uint64_t;  // bit n-1: signal n

// struct kernel_sigaction.
struct Sigaction {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  Sigset mask;
};

// stack_t.
struct SignalStack {
  uint64_t base;
  int32_t flags;
  uint32_t padding0;
  uint64_t size;
};

// siginfo_t: the fields that all signals share, then the words of the union.
struct Siginfo {
  int32_t signal;
  int32_t error;
  int32_t code;
  uint32_t padding0;
  std::array<uint64_t, 14> fields;
};

// linux/signalfd.h.
struct SignalfdSiginfo {
  uint32_t signal;
  int32_t error;
  int32_t code;
  uint32_t pid;
  uint32_t uid;
  int32_t fd;
  uint32_t timer;
  uint32_t band;
  uint32_t overrun;
  uint32_t trap;
  int32_t status;
  int32_t integer;
  uint64_t pointer;
  uint64_t user_time;
  uint64_t system_time;
  uint64_t address;
  uint16_t address_lsb;
  uint16_t padding0;
  int32_t system_call;
  uint64_t call_address;
  uint32_t architecture;
  std::array<uint8_t, 28> padding1;
};

// sigevent's part that the kernel looks at.
struct Sigevent {
  uint64_t value;
  int32_t signal;
  int32_t notify;
  int32_t thread;
  std::array<uint32_t, 11> padding;
};

// asm/sigcontext.h, struct sigcontext_64.
struct Sigcontext {
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  uint16_t cs, gs, fs, ss;
  uint64_t error_code, trap_number, old_mask, fault_address;
  uint64_t vectors;  // guest address of the XSAVE area; 0: none
  std::array<uint64_t, 8> reserved;
};

struct Ucontext {
  uint64_t flags;
  uint64_t link;
  SignalStack stack;
  Sigcontext context;
  Sigset mask;
};

// What lies on the stack when a handler begins (arch/x86/include/asm/sigframe.h).
struct SignalFrame {
  uint64_t return_address;
  Ucontext ucontext;
  Siginfo info;
};

// How the XSAVE area of a frame describes itself, in the bytes of its legacy part that are left to
// software.
struct VectorFrame {
  uint32_t magic1;
  uint32_t extended_size;  // with the second magic number behind the area
  uint64_t features;
  uint32_t state_size;
  std::array<uint32_t, 7> padding;
};
inline constexpr uint32_t kVectorMagic1 = 0x46505853;
inline constexpr uint32_t kVectorMagic2 = 0x46505845;
inline constexpr uint64_t kVectorFrameOffset = 464;

}  // namespace rawposix::abi
