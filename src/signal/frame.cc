// SPDX-License-Identifier: Apache-2.0
#include "signal/frame.h"

#include <cstring>

#include "sfi/layout.h"
#include "sfi/run.h"
#include "sfi/vectors.h"

namespace rawposix::signal {
namespace {

constexpr uint64_t kRedZone = 128;
constexpr uint64_t kVectorAlignment = 64;
constexpr uint64_t kUserFlags = 0xcd5;  // CF PF AF ZF SF DF OF
constexpr uint64_t kFixedFlags = 0x202;
constexpr uint64_t kDirectionFlag = 0x400;
// asm/ucontext.h: UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS.
constexpr uint64_t kUcontextFlags = 0x7;
// Selectors of 64-bit user code and data (asm/segment.h).
constexpr uint16_t kUserCode = 0x33;
constexpr uint16_t kUserData = 0x2b;

void save_registers(abi::Sigcontext& to, const sfi::Registers& from) {
  to.rax = from.rax;
  to.rbx = from.rbx;
  to.rcx = from.rcx;
  to.rdx = from.rdx;
  to.rsi = from.rsi;
  to.rdi = from.rdi;
  to.rbp = from.rbp;
  to.rsp = from.rsp;
  to.r8 = from.r8;
  to.r9 = from.r9;
  to.r10 = from.r10;
  to.r11 = static_cast<uint32_t>(from.r11);
  to.r12 = from.r12;
  to.r13 = from.r13;
  to.r14 = 0;
  to.r15 = from.r15;
  to.rip = from.rip;
  to.rflags = from.rflags;
  to.cs = kUserCode;
  to.ss = kUserData;
}

void load_registers(sfi::Registers& to, const abi::Sigcontext& from) {
  to.rax = from.rax;
  to.rbx = from.rbx;
  to.rcx = from.rcx;
  to.rdx = from.rdx;
  to.rsi = from.rsi;
  to.rdi = from.rdi;
  to.rbp = from.rbp;
  to.rsp = static_cast<uint32_t>(from.rsp);
  to.r8 = from.r8;
  to.r9 = from.r9;
  to.r10 = from.r10;
  to.r11 = static_cast<uint32_t>(from.r11);
  to.r12 = from.r12;
  to.r13 = from.r13;
  to.r14 = 0;
  to.r15 = from.r15;
  to.rip = static_cast<uint32_t>(from.rip);
  to.rflags = (from.rflags & kUserFlags) | kFixedFlags;
}

// Writes the XSAVE area at `address`. Components in their initial state are not there, and their
// bytes stay as they are.
Result<> write_vectors(sfi::Context& context, const mm::GuestMemory& memory, uint64_t address) {
  const size_t size = sfi::vector_state_size();
  const size_t used = sfi::gather_vectors(context);
  abi::VectorFrame about{.magic1 = abi::kVectorMagic1,
                         .extended_size = static_cast<uint32_t>(size + sizeof(uint32_t)),
                         .features = sfi::vector_features(),
                         .state_size = static_cast<uint32_t>(size),
                         .padding = {}};
  std::memcpy(context.vectors + abi::kVectorFrameOffset, &about, sizeof about);
  TRY(memory.copy_out(mm::GuestAddr{address}, context.vectors, used));
  return memory.write(mm::UserOut<uint32_t>(mm::GuestAddr{address + size}), abi::kVectorMagic2);
}

// Whether the area says, at both ends, that it is all there (arch/x86/kernel/fpu/signal.c).
bool is_extended(const mm::GuestMemory& memory, const abi::VectorFrame& about, uint64_t address) {
  const size_t size = sfi::vector_state_size();
  if (about.magic1 != abi::kVectorMagic1 || about.state_size != size ||
      about.extended_size != size + sizeof(uint32_t)) {
    return false;
  }
  Result<uint32_t> magic2 = memory.read(mm::UserIn<uint32_t>(mm::GuestAddr{address + size}));
  return magic2.ok() && magic2.value() == abi::kVectorMagic2;
}

Result<> read_vectors(sfi::Context& context, const mm::GuestMemory& memory, uint64_t address) {
  if (address == 0) {
    sfi::reset_vectors(context);
    return {};
  }
  abi::VectorFrame about = TRY(
      memory.read(mm::UserIn<abi::VectorFrame>(mm::GuestAddr{address + abi::kVectorFrameOffset})));
  const bool extended = is_extended(memory, about, address);
  const size_t size = extended ? sfi::vector_state_size() : sfi::kLegacyVectorSize;
  TRY(memory.copy_in(context.vectors, mm::GuestAddr{address}, size));
  sfi::sanitize_vectors(context, extended ? sfi::VectorArea::kExtended : sfi::VectorArea::kLegacy);
  return {};
}

// An instruction start that the verifier recorded; elsewhere nothing can be executed anyway.
bool may_go_on_at(const sfi::Context& context, uint64_t rip) {
  const sfi::CodeMap* code = context.code;
  return code == nullptr || rip - code->start >= code->size || code->is_safe_point(rip);
}

}  // namespace

Result<> push_frame(sfi::Context& context, const mm::GuestMemory& memory, AlternateStack& stack,
                    const FrameRequest& request) {
  sfi::Registers& regs = context.regs;
  uint64_t sp = static_cast<uint32_t>(regs.rsp);
  const bool enters =
      (request.action.flags & SA_ONSTACK) != 0 && stack.usable() && !stack.is_on(sp);
  // Linux makes its own restorer's absence fatal (setup_rt_frame()).
  if ((request.action.flags & kHasRestorer) == 0) return Errno(EFAULT);
  sp = enters ? stack.top() : sp - kRedZone;
  const bool was_on = stack.is_on(sp);
  sp -= sfi::vector_state_size() + sizeof(uint32_t);
  const uint64_t vectors = sp &= ~(kVectorAlignment - 1);
  sp = ((sp - sizeof(abi::SignalFrame)) & ~uint64_t{15}) - 8;
  // A handler on the alternate stack that overflows it does not run into what is below.
  if (was_on && !enters && !stack.is_on(sp)) return Errno(EFAULT);
  if (sp >= sfi::kSlotSize) return Errno(EFAULT);

  abi::SignalFrame frame{};
  frame.return_address = request.action.restorer;
  frame.ucontext.flags = kUcontextFlags;
  frame.ucontext.stack = stack.stored();
  save_registers(frame.ucontext.context, regs);
  if (request.fault != nullptr) {
    frame.ucontext.context.trap_number = request.fault->trap_number;
    frame.ucontext.context.error_code = request.fault->error_code;
    frame.ucontext.context.fault_address = request.fault->address;
  }
  frame.ucontext.context.vectors = vectors;
  frame.ucontext.context.old_mask = request.saved_mask.raw();
  frame.ucontext.mask = request.saved_mask.raw();
  frame.info = request.info;
  TRY(write_vectors(context, memory, vectors));
  TRY(memory.copy_out(mm::GuestAddr{sp}, &frame, sizeof frame));

  stack.note_use();
  const uint64_t flags = regs.rflags & ~kDirectionFlag;
  regs.rdi = static_cast<uint64_t>(request.info.signal);
  regs.rsi = sp + offsetof(abi::SignalFrame, info);
  regs.rdx = sp + offsetof(abi::SignalFrame, ucontext);
  regs.rax = 0;
  regs.rsp = sp;
  regs.rip = static_cast<uint32_t>(request.action.handler) & ~(sfi::kBundleSize - 1);
  sfi::reset_vectors(context);
  regs.rflags = (flags & kUserFlags) | kFixedFlags;
  return {};
}

Result<SignalSet> pop_frame(sfi::Context& context, const mm::GuestMemory& memory,
                            AlternateStack& stack) {
  const uint64_t handlers_stack = static_cast<uint32_t>(context.regs.rsp);
  // The handler's return took the return address off.
  uint64_t place = handlers_stack - sizeof(uint64_t);
  abi::Ucontext saved = TRY(memory.read(
      mm::UserIn<abi::Ucontext>(mm::GuestAddr{place + offsetof(abi::SignalFrame, ucontext)})));
  const uint64_t rip = static_cast<uint32_t>(saved.context.rip);
  if (!may_go_on_at(context, rip)) return Errno(EFAULT);
  TRY(read_vectors(context, memory, saved.context.vectors));
  load_registers(context.regs, saved.context);
  // As Linux: what is wrong with the stack is nobody's error. One that the handler has set and runs
  // on stays.
  static_cast<void>(stack.set(saved.stack, handlers_stack));
  return SignalSet::from_raw(saved.mask) & ~kUnblockable;
}

}  // namespace rawposix::signal
