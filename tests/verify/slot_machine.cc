// SPDX-License-Identifier: Apache-2.0
#include "slot_machine.h"

#include <asm/prctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace rawposix::verify {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGUSR1};
constexpr uint64_t kTrapFlag = 0x100;
// Offset of the software-reserved bytes in the FXSAVE area, where the kernel tells the frame's
// size.
constexpr size_t kSoftwareReserved = 464;

// What passes between step() and the signal handler.
enum class Phase : uint8_t { kIdle, kEnter, kRunning };
volatile Phase g_phase = Phase::kIdle;
const Machine* g_before = nullptr;
Machine* g_after = nullptr;
std::array<int64_t, NGREG> g_host_registers;
std::vector<uint8_t> g_host_vectors;

size_t vectors_size(const ucontext_t* frame) {
  uint32_t size;
  const auto* area = reinterpret_cast<const uint8_t*>(frame->uc_mcontext.fpregs);
  std::memcpy(&size, area + kSoftwareReserved + 16, sizeof(size));  // xstate_size
  return size;
}

std::vector<uint8_t> vectors_of(const ucontext_t* frame) {
  const auto* area = reinterpret_cast<const uint8_t*>(frame->uc_mcontext.fpregs);
  return {area, area + vectors_size(frame)};
}

void set_vectors(ucontext_t* frame, const std::vector<uint8_t>& vectors) {
  if (vectors.empty()) return;
  auto* area = reinterpret_cast<uint8_t*>(frame->uc_mcontext.fpregs);
  // The kernel's own bytes stay.
  std::memcpy(area, vectors.data(), kSoftwareReserved);
  size_t size = std::min(vectors.size(), vectors_size(frame));
  if (size > 512) std::memcpy(area + 512, vectors.data() + 512, size - 512);
}

void copy_registers(std::array<int64_t, NGREG>& to, const greg_t* from) {
  std::copy_n(from, NGREG, to.begin());
}

void load_registers(greg_t* to, const std::array<int64_t, NGREG>& from) {
  for (int i = 0; i <= REG_EFL; i++) to[i] = from[i];  // not the segments
}

void on_signal(int signal, siginfo_t* info, void* context) {
  auto* frame = static_cast<ucontext_t*>(context);
  greg_t* registers = frame->uc_mcontext.gregs;
  if (signal == SIGUSR1 && g_phase == Phase::kEnter) {
    copy_registers(g_host_registers, registers);
    g_host_vectors = vectors_of(frame);
    load_registers(registers, g_before->registers);
    set_vectors(frame, g_before->vectors);
    g_phase = Phase::kRunning;
    return;
  }
  if (g_phase != Phase::kRunning) {  // a bug of the test itself
    ::signal(signal, SIG_DFL);
    return;
  }
  g_phase = Phase::kIdle;
  copy_registers(g_after->registers, registers);
  g_after->vectors = vectors_of(frame);
  g_after->signal = signal;
  g_after->code = info->si_code;
  g_after->fault_address = reinterpret_cast<uint64_t>(info->si_addr);
  syscall(SYS_arch_prctl, ARCH_GET_GS, &g_after->gs_base);
  load_registers(registers, g_host_registers);
  set_vectors(frame, g_host_vectors);
}

void install_handlers() {
  static const bool kInstalled = [] {
    static std::array<uint8_t, 128 * 1024> stack;
    stack_t alternate = {.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
    if (sigaltstack(&alternate, nullptr) != 0) throw std::runtime_error("sigaltstack");
    for (int signal : kSignals) {
      struct sigaction action = {};
      action.sa_sigaction = on_signal;
      action.sa_flags = SA_SIGINFO | SA_ONSTACK;
      if (sigaction(signal, &action, nullptr) != 0) throw std::runtime_error("sigaction");
    }
    return true;
  }();
  static_cast<void>(kInstalled);
}

void* map(void* address, size_t size, int protection, int flags) {
  void* result = mmap(address, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (result == MAP_FAILED) throw std::runtime_error("mmap");
  return result;
}

// Where the entries of the context block point to.
void landing() {}

}  // namespace

SlotMachine::SlotMachine() {
  install_handlers();
  // The slot with 4 GiB of nothing on either side.
  auto reserved = reinterpret_cast<uint64_t>(map(nullptr, 4 * kSlotSize, PROT_NONE, MAP_NORESERVE));
  base_ = (reserved + 2 * kSlotSize - 1) & ~(kSlotSize - 1);
  static uint64_t machines = 0;
  // Below the slot, where nothing is; or the kernel's half.
  scratch_ = machines++ % 2 == 0 ? base_ - kSlotSize : uint64_t{0xffff8123} << 32;
  map(at(kCodeArea), 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_FIXED);
  map(at(kDataArea), kDataSize, PROT_READ | PROT_WRITE, MAP_FIXED);
  map(at(kStackArea), kStackSize, PROT_READ | PROT_WRITE, MAP_FIXED);
  context_ = static_cast<uint64_t*>(map(nullptr, 4096, PROT_READ | PROT_WRITE, 0));
  context_[0] = base_;
  context_[1] = kDataArea + 0x100;  // thread pointer
  context_[2] = reinterpret_cast<uint64_t>(&landing);
  context_[3] = reinterpret_cast<uint64_t>(&landing) + 1;
  if (mprotect(context_, 4096, PROT_READ) != 0) throw std::runtime_error("mprotect");
}

void SlotMachine::load_code(std::span<const uint8_t> code) {
  std::memset(at(kCodeArea), 0xcc, 4096);
  std::copy(code.begin(), code.end(), at(kCodeArea));
}

Machine SlotMachine::enter(const Machine& guest, uint32_t position) const {
  Machine placed = guest;
  auto rebase = [&](int index, uint64_t offset) {
    placed.registers[index] = static_cast<int64_t>(base_ + static_cast<uint32_t>(offset));
  };
  rebase(REG_RIP, kCodeArea + position);
  rebase(REG_RSP, static_cast<uint64_t>(guest.registers[REG_RSP]));
  placed.registers[REG_R11] =
      static_cast<int64_t>(scratch_ | static_cast<uint32_t>(guest.registers[REG_R11]));
  placed.registers[REG_R14] = static_cast<int64_t>(context());
  return placed;
}

Machine SlotMachine::step(const Machine& before) {
  Machine start = before;
  start.registers[REG_EFL] |= kTrapFlag;
  Machine after;
  g_before = &start;
  g_after = &after;
  syscall(SYS_arch_prctl, ARCH_SET_GS, base_);
  g_phase = Phase::kEnter;
  raise(SIGUSR1);
  after.registers[REG_EFL] &= ~static_cast<int64_t>(kTrapFlag);
  return after;
}

std::vector<uint8_t> SlotMachine::current_vectors() {
  install_handlers();
  Machine before;
  // Any step will do: its entry records the host's vectors.
  static SlotMachine machine;
  before.registers[REG_RSP] = kStackPointer;
  before.registers[REG_EFL] = 0x202;
  machine.load_code({});
  machine.step(machine.enter(before));
  return g_host_vectors;
}

}  // namespace rawposix::verify
