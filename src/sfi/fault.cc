// SPDX-License-Identifier: Apache-2.0
#include "sfi/fault.h"

#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

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

// Each thread's signal stack, made at its first run and freed at its end.
class SignalStack {
 public:
  void ensure() {
    if (memory_ != MAP_FAILED) return;
    memory_ =
        mmap(nullptr, kSignalStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory_ != MAP_FAILED);
    stack_t stack{};
    stack.ss_sp = memory_;
    stack.ss_size = kSignalStackSize;
    CHECK(sigaltstack(&stack, &previous_) == 0);
  }
  ~SignalStack() {
    if (memory_ == MAP_FAILED) return;
    sigaltstack(&previous_, nullptr);
    munmap(memory_, kSignalStackSize);
  }

 private:
  void* memory_ = MAP_FAILED;
  stack_t previous_{};
};

thread_local SignalStack t_signal_stack;
// Signal handlers read it, so it must not be allocated when first touched.
[[gnu::tls_model("initial-exec")]] thread_local Context* t_context = nullptr;

bool in_slot(const Context& context, uint64_t address) {
  return address - context.base < kSlotSize;
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
  std::signal(signal, SIG_DFL);
  raise(signal);
  _exit(128 + signal);
}

void on_fault(int signal, siginfo_t* info, void* ucontext) {
  greg_t* regs = static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs;
  uint64_t rip = static_cast<uint64_t>(regs[REG_RIP]);
  Context* context = t_context;
  // si_code <= 0 is a kill() from outside: not a fault of the code it hit.
  if (context != nullptr && in_slot(*context, rip) && info->si_code > 0) {
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

bool in_range(uint64_t rip, const char* begin, const char* end) {
  return rip >= reinterpret_cast<uint64_t>(begin) && rip <= reinterpret_cast<uint64_t>(end);
}

void on_interrupt(int, siginfo_t*, void* ucontext) {
  Context* context = t_context;
  if (context == nullptr || context->interrupts.load(std::memory_order_acquire) == 0) return;
  greg_t* regs = static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs;
  uint64_t rip = static_cast<uint64_t>(regs[REG_RIP]);
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
  if (sigaction(signal, &action, nullptr) != 0) return Errno::last();
  return {};
}

}  // namespace

Result<> install_fault_handlers() {
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    TRY(install(signal, on_fault, 0));
  }
  return install(kInterruptSignal, on_interrupt, 0);
}

ThreadScope::ThreadScope(Context& context) : previous_(t_context) {
  t_signal_stack.ensure();
  t_context = &context;
}

ThreadScope::~ThreadScope() { t_context = previous_; }

}  // namespace rawposix::sfi
