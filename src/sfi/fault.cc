// SPDX-License-Identifier: Apache-2.0
#include "sfi/fault.h"

#include <sys/ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "host/blocking_call.h"
#include "host/signal_action.h"
#include "host/thread.h"
#include "host/wait.h"
#include "sfi/fixups.h"
#include "sfi/layout.h"
#include "sfi/settle.h"

extern "C" {
void sfi_event();
void sfi_interrupted();
extern const char sfi_resume_begin[];
extern const char sfi_resume_end[];
extern const char sfi_resume_all_begin[];
extern const char sfi_resume_all_end[];
}

namespace rawposix::sfi {
namespace {

constexpr size_t kSignalStackSize = 64 * 1024;
constexpr uint64_t kGuestFlags = 0xcd5;  // CF PF AF ZF SF DF OF
constexpr greg_t kTrapFlag = 0x100;
// Processor exceptions (Intel SDM 3, table 6-1).
constexpr greg_t kDebugException = 1;
constexpr greg_t kBreakpointException = 3;
constexpr greg_t kPageFault = 14;
constexpr uint8_t kInt3 = 0xcc;

// Each thread's signal stack, made at its first run and freed at its end.
class SignalStack {
 public:
  void ensure() {
    if (memory_ != nullptr) return;
    memory_.reset(new std::byte[kSignalStackSize]);
    stack_t stack{};
    stack.ss_sp = memory_.get();
    stack.ss_size = kSignalStackSize;
    CHECK(sigaltstack(&stack, &previous_) == 0);
  }
  ~SignalStack() {
    if (memory_ != nullptr) sigaltstack(&previous_, nullptr);
  }

 private:
  std::unique_ptr<std::byte[]> memory_;
  stack_t previous_{};
};

thread_local SignalStack t_signal_stack;
// Signal handlers read it, so it must not be allocated when first touched.
[[gnu::tls_model("initial-exec")]] thread_local Context* t_context = nullptr;

bool in_slot(const Context& context, uint64_t address) {
  return address - context.base < kSlotSize;
}

// Whether a guest instruction reached for memory that no verified code can: docs/sfi.md lets it get
// no further than the guards before and after its slot. Other exceptions than a page fault tell no
// address.
bool escaped(const Context& context, uint64_t address, const greg_t* regs) {
  return regs[REG_TRAPNO] == kPageFault &&
         address - (context.base - kGuardSize) >= kSlotSize + 2 * kGuardSize;
}

void save_registers(Context& context, const greg_t* from) {
  Registers& to = context.regs;
  auto get = [from](int index) { return static_cast<uint64_t>(from[index]); };
  to.rax = get(REG_RAX);
  to.rbx = get(REG_RBX);
  to.rcx = get(REG_RCX);
  to.rdx = get(REG_RDX);
  to.rsi = get(REG_RSI);
  to.rdi = get(REG_RDI);
  to.rbp = get(REG_RBP);
  to.rsp = static_cast<uint32_t>(get(REG_RSP));
  to.r8 = get(REG_R8);
  to.r9 = get(REG_R9);
  to.r10 = get(REG_R10);
  to.r11 = static_cast<uint32_t>(get(REG_R11));
  to.r12 = get(REG_R12);
  to.r13 = get(REG_R13);
  to.r14 = 0;
  to.r15 = get(REG_R15);
  to.rip = static_cast<uint32_t>(get(REG_RIP));
  to.rflags = (get(REG_EFL) & kGuestFlags) | 0x202;
  settle(to, context.code);
}

// Lets the signal return to host code on the host stack instead of to the guest.
void divert(const Context& context, greg_t* regs, void (*to)(), Event event) {
  regs[REG_R14] = static_cast<greg_t>(reinterpret_cast<uintptr_t>(&context));
  regs[REG_RSP] = static_cast<greg_t>(reinterpret_cast<uintptr_t>(context.host_rsp));
  regs[REG_RSI] = static_cast<greg_t>(event);
  regs[REG_RIP] = static_cast<greg_t>(reinterpret_cast<uintptr_t>(to));
  regs[REG_EFL] = 0x202;
}

void record_fault(Context& context, int signal, const siginfo_t& info, const greg_t* regs) {
  uint64_t address = reinterpret_cast<uint64_t>(info.si_addr);
  context.fault.signal = signal;
  context.fault.code = info.si_code;
  // Only addresses in the slot mean something to the guest; the kernel reports 0 for others.
  context.fault.address = in_slot(context, address) ? static_cast<uint32_t>(address) : 0;
  context.fault.trap_number = static_cast<uint64_t>(regs[REG_TRAPNO]);
  context.fault.error_code = static_cast<uint64_t>(regs[REG_ERR]);
}

[[noreturn]] void host_bug(int signal, const siginfo_t& info, const greg_t* regs) {
  char text[200];
  int length = std::snprintf(text, sizeof text,
                             "rawposix: internal error: signal %d at rip %#llx, address %p\n",
                             signal, static_cast<unsigned long long>(regs[REG_RIP]), info.si_addr);
  ssize_t ignored = write(STDERR_FILENO, text, static_cast<size_t>(length));
  static_cast<void>(ignored);
  // As the signal itself would have ended the process, with its core file.
  host::take_default_action(signal);
  _exit(128 + signal);
}

bool in_range(uint64_t rip, const char* begin, const char* end) {
  return rip >= reinterpret_cast<uint64_t>(begin) && rip <= reinterpret_cast<uint64_t>(end);
}

// The rest of the way back to the guest, all at once.
void finish_resume(const Context& context, greg_t* to) {
  const Registers& from = context.regs;
  auto set = [to](int index, uint64_t value) { to[index] = static_cast<greg_t>(value); };
  set(REG_RAX, from.rax);
  set(REG_RBX, from.rbx);
  set(REG_RCX, from.rcx);
  set(REG_RDX, from.rdx);
  set(REG_RSI, from.rsi);
  set(REG_RDI, from.rdi);
  set(REG_RBP, from.rbp);
  set(REG_R8, from.r8);
  set(REG_R9, from.r9);
  set(REG_R10, from.r10);
  set(REG_R11, static_cast<uint32_t>(from.r11));
  set(REG_R12, from.r12);
  set(REG_R13, from.r13);
  set(REG_R15, from.r15);
  set(REG_RSP, context.resume_rsp);
  set(REG_RIP, context.resume_rip);
}

// The trap flag of a single step is loaded on the way back, so that the first trap is in host code,
// and the next may be inside a guard sequence or where the guest has entered the host. True if
// the step is not over: then the signal returns and the next instruction traps or, in the host,
// none.
bool step_goes_on(const Context& context, uint64_t rip, greg_t* regs) {
  if (regs[REG_TRAPNO] != kDebugException || context.single_step == 0) return false;
  if (in_range(rip, sfi_resume_all_begin, sfi_resume_all_end)) {
    finish_resume(context, regs);
    return true;
  }
  if (rip == reinterpret_cast<uint64_t>(context.entry) ||
      rip == reinterpret_cast<uint64_t>(context.entry_vectors)) {
    regs[REG_EFL] &= ~kTrapFlag;
    return true;
  }
  const CodeMap* code = context.code;
  uint64_t offset = rip - context.base;
  return code != nullptr && offset - code->start < code->size && !code->is_safe_point(offset);
}

// An int3 that the program does not have is a debugger's: the instruction in its place is still to
// be executed, and is what the registers are to be settled by.
void undo_planted_breakpoint(const Context& context, greg_t* regs) {
  if (regs[REG_TRAPNO] != kBreakpointException || context.code == nullptr) return;
  const CodeMap& code = *context.code;
  uint64_t index = static_cast<uint64_t>(regs[REG_RIP]) - context.base - 1 - code.start;
  if (index < code.size && code.code[index] != kInt3) regs[REG_RIP] -= 1;
}

void on_fault(int signal, siginfo_t* info, void* ucontext) {
  greg_t* regs = static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs;
  uint64_t rip = static_cast<uint64_t>(regs[REG_RIP]);
  Context* context = t_context;
  // si_code <= 0 is a kill() from outside: not a fault of the code it hit.
  if (context != nullptr && step_goes_on(*context, rip, regs)) return;
  if (context != nullptr && in_slot(*context, rip) && info->si_code > 0) {
    // The isolation is broken, so nothing is worth going on for.
    if (escaped(*context, reinterpret_cast<uint64_t>(info->si_addr), regs)) {
      host_bug(signal, *info, regs);
    }
    undo_planted_breakpoint(*context, regs);
    record_fault(*context, signal, *info, regs);
    save_registers(*context, regs);
    divert(*context, regs, sfi_event, Event::kFault);
    return;
  }
  if (uintptr_t landing = find_fixup(rip); landing != 0) {
    regs[REG_RIP] = static_cast<greg_t>(landing);
    return;
  }
  host_bug(signal, *info, regs);
}

// Not for ThreadSanitizer to watch: what the signal has interrupted may be its own lock of a word
// that is looked at here.
__attribute__((no_sanitize("thread"))) void on_interrupt(int, siginfo_t*, void* ucontext) {
  greg_t* regs = static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs;
  uint64_t rip = static_cast<uint64_t>(regs[REG_RIP]);
  Context* context = t_context;
  if (context != nullptr) {
    context->interrupted.fetch_add(1, std::memory_order_acq_rel);
    host::wake_all(context->interrupted);
  }
  if (uintptr_t landing = host::leave_blocking_call(rip); landing != 0) {
    regs[REG_RIP] = static_cast<greg_t>(landing);
    return;
  }
  if (context == nullptr || context->interrupts.load(std::memory_order_acquire) == 0) return;
  if (in_slot(*context, rip)) {
    save_registers(*context, regs);
    divert(*context, regs, sfi_event, Event::kInterrupt);
  } else if (in_range(rip, sfi_resume_begin, sfi_resume_end) ||
             in_range(rip, sfi_resume_all_begin, sfi_resume_all_end)) {
    divert(*context, regs, sfi_interrupted, Event::kInterrupt);
  }
}

Result<> install(int signal, void (*handler)(int, siginfo_t*, void*), int flags) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | flags;
  // Nothing interrupts a handler: it is short, and the next signal finds a consistent context.
  sigfillset(&action.sa_mask);
  if (host::signal_action(signal, &action, nullptr) != 0) return Errno::last();
  return {};
}

}  // namespace

Result<> install_fault_handlers() {
  for (int signal : kFaultSignals) {
    TRY(install(signal, on_fault, 0));
  }
  return install(host::kInterruptSignal, on_interrupt, 0);
}

bool is_running(const Context& context) { return t_context == &context; }

ThreadScope::ThreadScope(Context& context) : previous_(t_context) {
  t_signal_stack.ensure();
  t_context = &context;
}

ThreadScope::~ThreadScope() { t_context = previous_; }

}  // namespace rawposix::sfi
