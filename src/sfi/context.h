// SPDX-License-Identifier: Apache-2.0
// The context block: what entry and exit of a task need, at offsets that guest code (the first four
// fields, docs/sfi.md section 1) and assembly rely on. One per task, in host memory; %r14 points at
// it whenever guest code runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sfi/context_offsets.h"
#include "verify/safe_points.h"

namespace rawposix::sfi {

// The guest's integer registers at a safe point, as offsets: nothing here is a host address.
// The entry code uses only the low halves of rip and rsp; r14 has no guest meaning and reads as 0.
struct Registers {
  uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rip, rflags;
};

// XSAVE area, standard format, up to AVX-512's last component (Intel SDM 1, 13.4.2). setup() checks
// that it suffices.
inline constexpr size_t kVectorStateSize = 2752;

// Why guest code was left other than by a system call.
enum class Event : uint64_t {
  kFault = 0,      // Context::fault tells
  kInterrupt = 1,  // another thread called interrupt()
};

// A synchronous fault, in guest terms.
struct Fault {
  int32_t signal;        // SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGTRAP
  int32_t code;          // si_code as the host kernel gave it
  uint64_t address;      // si_addr as an offset; 0 where the kernel tells none
  uint64_t trap_number;  // as in sigcontext
  uint64_t error_code;
};

// Tells which interior positions of a code region belong to a guard sequence, for settling.
struct CodeMap {
  const uint8_t* code;  // host address of the region's first byte
  uint64_t start;       // its offset in the slot
  uint64_t size;        // bytes
  verify::SafePointsView safe_points;

  bool is_safe_point(uint64_t offset) const { return safe_points.contains(offset - start); }
};

struct alignas(64) Context {
  // Read by guest code, through the fixed forms only.
  uint64_t base;
  uint64_t thread_pointer;  // always below 4 GiB
  void (*entry)();
  void (*entry_vectors)();

  // For the host alone. Both callbacks run on the host stack of run()'s caller; 0 goes back to the
  // guest with `regs`, anything else makes run() return it.
  void* host_rsp;
  int64_t (*on_system_call)(Context*);
  int64_t (*on_event)(Context*, Event);
  uint64_t resume_rip;  // host addresses, computed on each way back
  uint64_t resume_rsp;
  std::atomic<uint32_t> interrupts;  // set: guest code must not go on before on_event was asked
  uint32_t mxcsr;
  uint16_t x87_control;
  uint8_t x87_saved;    // x87_environment is to be loaded on the way back
  uint8_t restore_all;  // flags and vector state come from here on the way back
  Registers regs;
  uint8_t x87_environment[32];
  alignas(64) std::byte vectors[kVectorStateSize];

  Fault fault;
  std::atomic<uint32_t> interrupted;  // counts the interrupts that found the thread; waited on
  const CodeMap* code;  // of the running image; null before there is one
  void* owner;          // the layer above's
  void* debugger;       // of the task while it is debugged, for its callbacks
  // The task is to trap after one instruction, or guard sequence, of the guest: regs.rflags has
  // the trap flag, restore_all is set and both entries keep the vectors.
  uint8_t single_step;
};

static_assert(offsetof(Context, base) == CTX_BASE);
static_assert(offsetof(Context, thread_pointer) == CTX_THREAD_POINTER);
static_assert(offsetof(Context, entry) == CTX_ENTRY);
static_assert(offsetof(Context, entry_vectors) == CTX_ENTRY_VECTORS);
static_assert(offsetof(Context, host_rsp) == CTX_HOST_RSP);
static_assert(offsetof(Context, on_system_call) == CTX_ON_SYSTEM_CALL);
static_assert(offsetof(Context, on_event) == CTX_ON_EVENT);
static_assert(offsetof(Context, resume_rip) == CTX_RESUME_RIP);
static_assert(offsetof(Context, resume_rsp) == CTX_RESUME_RSP);
static_assert(offsetof(Context, interrupts) == CTX_INTERRUPTS);
static_assert(offsetof(Context, mxcsr) == CTX_MXCSR);
static_assert(offsetof(Context, x87_control) == CTX_X87_CONTROL);
static_assert(offsetof(Context, x87_saved) == CTX_X87_SAVED);
static_assert(offsetof(Context, restore_all) == CTX_RESTORE_ALL);
static_assert(offsetof(Context, regs) == CTX_REGS);
static_assert(offsetof(Context, x87_environment) == CTX_X87_ENVIRONMENT);
static_assert(offsetof(Context, vectors) == CTX_VECTORS);
static_assert(CTX_VECTORS % 64 == 0);
static_assert(sizeof(Registers) == 144);

}  // namespace rawposix::sfi
