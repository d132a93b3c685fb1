// SPDX-License-Identifier: Apache-2.0
#include "sfi/run.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <immintrin.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "host/thread.h"
#include "sfi/fault.h"
#include "sfi/host_signals.h"

extern "C" {
int64_t sfi_run(rawposix::sfi::Context* context);
uint64_t sfi_read_xcr0();
void sfi_entry();
void sfi_entry_vectors();

// Read by the assembly.
__attribute__((visibility("hidden"))) uint8_t sfi_cpu_has_avx = 0;
__attribute__((visibility("hidden"))) uint8_t sfi_cpu_has_avx512 = 0;
__attribute__((visibility("hidden"))) uint64_t sfi_xsave_mask = 3;
}

namespace rawposix::sfi {
namespace {

// XCR0 bits, Intel SDM 1, 13.1.
constexpr uint64_t kX87AndSse = 0x3;
constexpr uint64_t kAvx = 0x4;
constexpr uint64_t kAvx512 = 0xe0;

// AT_HWCAP2 bit: user space may use rdfsbase and friends (Linux 5.9, asm/hwcap2.h).
constexpr unsigned long kHwcap2Fsgsbase = 1UL << 1;

bool g_fsgsbase = false;

// Bytes of the standard-format XSAVE area up to the last component in `mask` (Intel SDM 1, 13.5).
size_t xsave_size(uint64_t mask) {
  size_t size = 576;
  for (unsigned component = 2; component < 64; component++) {
    if ((mask >> component & 1) == 0) continue;
    unsigned length = 0;
    unsigned offset = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    __cpuid_count(0xd, component, length, offset, ecx, edx);
    size = std::max<size_t>(size, offset + length);
  }
  return size;
}

// cpuid takes microseconds in a virtual machine, so there is as little of it as can be: components
// are asked for one by one only if there are others than ours.
Result<> look_at_processor() {
  uint64_t enabled = sfi_read_xcr0();
  if (enabled == 0) return Errno(ENOSYS);
  sfi_xsave_mask = enabled & (kX87AndSse | kAvx | kAvx512);
  sfi_cpu_has_avx = (enabled & kAvx) != 0;
  sfi_cpu_has_avx512 = (enabled & kAvx512) == kAvx512;
  unsigned eax = 0;
  unsigned size_of_all = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  __cpuid_count(0xd, 0, eax, size_of_all, ecx, edx);
  if (size_of_all > kVectorStateSize && xsave_size(sfi_xsave_mask) > kVectorStateSize) {
    return Errno(ENOSYS);
  }
  g_fsgsbase = (getauxval(AT_HWCAP2) & kHwcap2Fsgsbase) != 0;
  return {};
}

void set_gs_base(uint64_t base) {
  if (g_fsgsbase) {
    asm volatile("wrgsbase %0" : : "r"(base) : "memory");
  } else {
    CHECK(syscall(SYS_arch_prctl, ARCH_SET_GS, base) == 0);
  }
}

}  // namespace

Result<> setup() {
  TRY(install_fault_handlers());
  return look_at_processor();
}

bool has_avx() { return (sfi_read_xcr0() & kAvx) != 0; }

void initialize(Context& context, std::byte* base) {
  std::memset(static_cast<void*>(&context), 0, sizeof context);
  context.base = reinterpret_cast<uint64_t>(base);
  context.entry = sfi_entry;
  context.entry_vectors = sfi_entry_vectors;
  context.mxcsr = MXCSR_DEFAULT;
  context.x87_control = X87_CONTROL_DEFAULT;
  reset_vectors(context);
}

size_t xsave_area_size() { return xsave_size(sfi_xsave_mask); }

void copy_state(Context& to, const Context& from) {
  to.thread_pointer = from.thread_pointer;
  to.on_system_call = from.on_system_call;
  to.on_event = from.on_event;
  to.mxcsr = from.mxcsr;
  to.x87_control = from.x87_control;
  to.x87_saved = from.x87_saved;
  to.restore_all = from.restore_all;
  to.regs = from.regs;
  std::memcpy(to.x87_environment, from.x87_environment, sizeof to.x87_environment);
  if (from.restore_all != 0) std::memcpy(to.vectors, from.vectors, sizeof to.vectors);
  to.code = from.code;
}

void change_base(Context& context, std::byte* base) {
  context.base = reinterpret_cast<uint64_t>(base);
  if (is_running(context)) set_gs_base(context.base);
}

void reset_vectors(Context& context) {
  // Legacy area: FCW at 0, MXCSR at 24 (Intel SDM 1, table 10-2). An all-zero XSTATE_BV makes
  // xrstor put every component in its initial state; MXCSR is loaded all the same.
  std::memset(context.vectors, 0, sizeof context.vectors);
  uint32_t mxcsr = MXCSR_DEFAULT;
  std::memcpy(context.vectors + 24, &mxcsr, sizeof mxcsr);
  context.regs.rflags = 0x202;
  context.restore_all = 1;
  context.x87_saved = 0;
}

int64_t run(Context& context) {
  HeldSignals signals;
  ThreadScope scope(context);
  set_gs_base(context.base);
  return sfi_run(&context);
}

void interrupt(Context& context, pid_t host_thread_id) {
  context.interrupts.store(1, std::memory_order_release);
  // On its own thread the way back to the guest sees it.
  if (host_thread_id != 0 && !is_running(context)) host::interrupt_thread(host_thread_id);
}

}  // namespace rawposix::sfi
