// SPDX-License-Identifier: Apache-2.0
// The context block: what the entry and exit code of a task needs, at offsets that guest code
// (the first four fields, docs/sfi.md section 1) and assembly rely on. One per task, in host
// memory; %r14 points at it whenever guest code runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rawposix::sfi {

// The guest's integer registers at a safe point, as offsets: nothing here is a host address.
// rip and rsp are below 4 GiB; r14 has no guest meaning and reads as 0.
struct Registers {
  uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t rip, rflags;
};

// Floating-point state in the processor's own layout (XSAVE, compacted), large enough for x87, SSE,
// AVX and AVX-512.
inline constexpr size_t kVectorStateSize = 2816;

struct alignas(64) Context {
  // Read by guest code through the fixed forms only.
  uint64_t base;            // 0
  uint64_t thread_pointer;  // 8: always below 4 GiB
  uint64_t entry;           // 16
  uint64_t entry_vectors;   // 24

  // From here on for the host alone.
  uint64_t host_rsp;  // 32: the host stack below sfi_run's frame
  // 40: called on the host stack at each system call: 0 goes back to the guest, anything else
  // leaves sfi_run with it.
  int64_t (*on_system_call)(Context*);
  void* owner;                       // 48: for the layer above
  std::atomic<uint32_t> interrupts;  // 56: a host signal asks for attention before guest code goes on
  uint32_t in_guest;                 // 60: 1 from the decision to go to the guest until its entry
  Registers regs;                    // 64
  uint32_t mxcsr;                    // 208
  uint16_t x87_control;              // 212
  uint8_t restore_vectors;           // 214: this call came by entry_vectors
  uint8_t full_restore;              // 215
  uint8_t x87_environment[32];       // 216
  alignas(64) std::byte vectors[kVectorStateSize];
};

static_assert(offsetof(Context, thread_pointer) == 8);
static_assert(offsetof(Context, entry) == 16);
static_assert(offsetof(Context, entry_vectors) == 24);
static_assert(offsetof(Context, host_rsp) == 32);
static_assert(offsetof(Context, on_system_call) == 40);
static_assert(offsetof(Context, interrupts) == 56);
static_assert(offsetof(Context, in_guest) == 60);
static_assert(offsetof(Context, regs) == 64);
static_assert(offsetof(Context, mxcsr) == 208);

}  // namespace rawposix::sfi
