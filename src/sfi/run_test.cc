// SPDX-License-Identifier: Apache-2.0
#include "sfi/run.h"

#include <gtest/gtest.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "host/signal_action.h"
#include "sfi/layout.h"
#include "sfi/slots.h"

namespace rawposix::sfi {
namespace {

constexpr uint64_t kData = 0x200000;
constexpr uint64_t kDataSize = 0x10000;
constexpr uint64_t kStackBase = 0x300000;
constexpr uint64_t kStackSize = 0x10000;

SlotArena& arena() {
  static SlotArena* instance = new SlotArena;
  return *instance;
}

void map(std::byte* at, size_t size, int protection) {
  ASSERT_NE(mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), MAP_FAILED);
}

#define GUEST(name)                                           \
  extern "C" const char guest_##name[], guest_##name##_end[]; \
  const Code name##_code = {guest_##name, guest_##name##_end};

struct Code {
  const char* begin;
  const char* end;
};

}  // namespace

GUEST(registers)
GUEST(vectors_after_call)
GUEST(wide_vectors_after_call)
GUEST(preserved_vectors)
GUEST(null_load)
GUEST(escape)
GUEST(divide)
GUEST(undefined)
GUEST(breakpoint)
GUEST(halt)
GUEST(wild_jump)
GUEST(overflow)
GUEST(straddle)
GUEST(spin)
GUEST(unmasked_x87)
GUEST(full_x87)
GUEST(left_in_x87)
GUEST(rounding)
GUEST(sequences)

namespace {

// A slot with code, 64 KiB of data, 64 KiB of stack, and a context.
class Guest {
 public:
  explicit Guest(Code code) : slot_(arena().acquire().value()), code_size_(page_up(size(code))) {
    std::byte* base = slot_.base();
    map(base + kImageStart, code_size_, PROT_READ | PROT_WRITE);
    std::memset(base + kImageStart, 0xcc, code_size_);
    std::memcpy(base + kImageStart, code.begin, size(code));
    EXPECT_EQ(mprotect(base + kImageStart, code_size_, PROT_READ | PROT_EXEC), 0);
    map(base + kData, kDataSize, PROT_READ | PROT_WRITE);
    map(base + kStackBase, kStackSize, PROT_READ | PROT_WRITE);
    initialize(context, base);
    context.regs.rip = kImageStart;
    context.regs.rsp = kStackBase + kStackSize;
    context.regs.rdi = kData;
    context.owner = this;
    context.on_system_call = [](Context* at) { return static_cast<Guest*>(at->owner)->called(); };
    context.on_event = [](Context* at, Event event) {
      return static_cast<Guest*>(at->owner)->happened(event);
    };
  }
  virtual ~Guest() = default;

  template <class T>
  T data(size_t offset) const {
    T value;
    std::memcpy(&value, slot_.base() + kData + offset, sizeof value);
    return value;
  }
  std::byte* data() { return slot_.base() + kData; }

  // For other threads: until `spin` spins.
  void wait_until_it_spins() const {
    const auto* word = reinterpret_cast<const uint32_t*>(slot_.base() + kData);
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == 0) usleep(100);
  }

  virtual int64_t called() {
    if (context.regs.rax == 0) return kLeft;
    calls.push_back(context.regs);
    context.regs.rax = 0x1000 + context.regs.rax;
    on_call();
    return 0;
  }
  virtual int64_t happened(Event event) {
    events.push_back(event);
    context.interrupts.store(0);
    return kEventLeft;
  }
  virtual void on_call() {}

  static constexpr int64_t kLeft = 5;
  static constexpr int64_t kEventLeft = 6;

  Context context;
  std::vector<Registers> calls;
  std::vector<Event> events;

 private:
  static size_t size(Code code) { return static_cast<size_t>(code.end - code.begin); }
  Slot slot_;
  size_t code_size_;
};

class Run : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(setup().ok()); }
};

TEST_F(Run, CallsCarryRegistersBothWays) {
  Guest guest(registers_code);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  ASSERT_EQ(guest.calls.size(), 2U);
  const Registers& first = guest.calls[0];
  EXPECT_EQ(first.rax, 1U);
  EXPECT_EQ(first.rbx, 0x11U);
  EXPECT_EQ(first.rbp, 0x22U);
  EXPECT_EQ(first.r12, 0x33U);
  EXPECT_EQ(first.r13, 0x44U);
  EXPECT_EQ(first.r15, 0x55U);
  EXPECT_EQ(first.r10, 0x123456789abcdef0U);
  EXPECT_EQ(first.rsi, 0x66U);
  EXPECT_EQ(first.r14, 0U);
  EXPECT_EQ(first.rsp, kStackBase + kStackSize);
  EXPECT_EQ(first.rip % kBundleSize, 0U);
  const Registers& second = guest.calls[1];
  EXPECT_EQ(second.rbx, 0x11U);
  EXPECT_EQ(second.r15, 0x55U);
  EXPECT_EQ(second.rdi, kStackBase + kStackSize);
  EXPECT_EQ(second.rsi, 0x1001U);
}

class Secretive : public Guest {
 public:
  using Guest::Guest;
  void on_call() override {
    asm volatile("pcmpeqd %%xmm0, %%xmm0; movdqa %%xmm0, %%xmm7; movdqa %%xmm0, %%xmm15"
                 :
                 :
                 : "xmm0", "xmm7", "xmm15");
    if (__builtin_cpu_supports("avx512f")) {
      asm volatile(
          "vpternlogd $255, %%zmm3, %%zmm3, %%zmm3; vmovdqa64 %%zmm3, %%zmm15;"
          "vmovdqa64 %%zmm3, %%zmm16; vmovdqa64 %%zmm3, %%zmm31; kxnorw %%k1, %%k1, %%k1;"
          "kxnorw %%k7, %%k7, %%k7"
          :
          :
          : "xmm3", "xmm15", "memory");
    }
  }
};

TEST_F(Run, NothingOfTheHostIsLeftInVectorRegisters) {
  Secretive guest(vectors_after_call_code);
  std::memset(guest.data(), 0xaa, 64);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  for (size_t at = 0; at < 48; at += 8) EXPECT_EQ(guest.data<uint64_t>(at), 0U) << at;
}

TEST_F(Run, NothingOfTheHostIsLeftInWideVectorAndMaskRegisters) {
  if (!__builtin_cpu_supports("avx512f")) GTEST_SKIP() << "no AVX-512 on this processor";
  Secretive guest(wide_vectors_after_call_code);
  std::memset(guest.data(), 0xaa, 512);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  for (size_t at = 0; at < 260; at += 4) EXPECT_EQ(guest.data<uint32_t>(at), 0U) << at;
}

TEST_F(Run, TheOtherEntryKeepsVectorsAndFlags) {
  Secretive guest(preserved_vectors_code);
  for (int at = 0; at < 32; at++) guest.data()[at] = static_cast<std::byte>(at + 1);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  EXPECT_EQ(std::memcmp(guest.data(), guest.data() + 64, 32), 0);
  EXPECT_EQ(guest.data<uint32_t>(96), 1U);
}

struct FaultCase {
  const char* name;
  Code code;
  int signal;
  uint64_t address;
};

class Faults : public Run, public testing::WithParamInterface<FaultCase> {};

TEST_P(Faults, BecomeEventsOfTheTask) {
  Guest guest(GetParam().code);
  EXPECT_EQ(run(guest.context), Guest::kEventLeft);
  ASSERT_EQ(guest.events.size(), 1U);
  EXPECT_EQ(guest.events[0], Event::kFault);
  EXPECT_EQ(guest.context.fault.signal, GetParam().signal);
  EXPECT_EQ(guest.context.fault.address, GetParam().address);
  // No host address in any register the guest could see.
  const Registers& regs = guest.context.regs;
  for (uint64_t value : {regs.rip, regs.rsp, regs.r11, regs.rdi, regs.rsi, regs.r14}) {
    EXPECT_LT(value, kSlotSize);
  }
  // The host goes on.
  Guest again(registers_code);
  EXPECT_EQ(run(again.context), Guest::kLeft);
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    testing::Values(FaultCase{"NullLoad", null_load_code, SIGSEGV, 0x10},
                    FaultCase{"Divide", divide_code, SIGFPE, kImageStart + 8},
                    FaultCase{"Undefined", undefined_code, SIGILL, kImageStart},
                    FaultCase{"Breakpoint", breakpoint_code, SIGTRAP, 0},
                    FaultCase{"Halt", halt_code, SIGSEGV, 0},
                    FaultCase{"WildJump", wild_jump_code, SIGSEGV, 0x7fff0000},
                    FaultCase{"StackOverflow", overflow_code, SIGSEGV, kStackBase - 8},
                    FaultCase{"Straddle", straddle_code, SIGSEGV, kSlotSize - 8}),
    [](const auto& test) { return test.param.name; });

TEST_F(Run, AnAccessOutsideTheSlotEndsTheProcess) {
  Guest guest(escape_code);
  EXPECT_EXIT(run(guest.context), testing::KilledBySignal(SIGSEGV), "internal error: signal 11");
}

TEST_F(Run, AnInterruptEndsASpinningGuest) {
  Guest guest(spin_code);
  pid_t self = gettid();
  std::thread other([&] {
    guest.wait_until_it_spins();
    interrupt(guest.context, self);
  });
  EXPECT_EQ(run(guest.context), Guest::kEventLeft);
  other.join();
  ASSERT_EQ(guest.events.size(), 1U);
  EXPECT_EQ(guest.events[0], Event::kInterrupt);
  EXPECT_GT(guest.context.regs.rip, kImageStart);
  EXPECT_LT(guest.context.regs.rip, kImageStart + 16);
}

TEST_F(Run, AnInterruptBeforeTheStartIsNotLost) {
  Guest guest(spin_code);
  guest.context.interrupts.store(1);
  EXPECT_EQ(run(guest.context), Guest::kEventLeft);
}

class Resuming : public Guest {
 public:
  using Guest::Guest;
  int64_t happened(Event event) override {
    interrupted++;
    context.interrupts.store(0);
    for (uint64_t value : {context.regs.rip, context.regs.rsp, context.regs.r11, context.regs.rdi,
                           context.regs.rsi, context.regs.rbp, context.regs.rax}) {
      if (value >= kSlotSize) leaks++;
    }
    if (interrupted == kEnough) context.regs.r12 = context.regs.rbx + 2;  // the last round but one
    return event == Event::kFault ? kEventLeft : 0;
  }
  static constexpr unsigned kEnough = 20000;
  std::atomic<unsigned> interrupted = 0;
  unsigned leaks = 0;
};

// Safe points of the hand-written guest, found as the verifier would: all starts but interiors.
// Only the sequences' interiors matter here.
std::vector<uint64_t> safe_points_of_sequences(const Guest& guest, size_t size);

TEST_F(Run, InterruptsInsideSequencesAreInvisible) {
  Resuming guest(sequences_code);
  size_t size = static_cast<size_t>(sequences_code.end - sequences_code.begin);
  std::vector<uint64_t> points = safe_points_of_sequences(guest, size);
  CodeMap code{reinterpret_cast<const uint8_t*>(guest.data() - kData + kImageStart),
               kImageStart,
               size,
               {points.data(), static_cast<uint32_t>(size)}};
  guest.context.code = &code;
  guest.context.regs.r12 = 0;  // rounds: without end
  pid_t self = gettid();
  std::thread other([&] {
    // Short, uneven pauses, so that guest code gets on between two; longer ones with time, as it
    // wouldn't at all where handlers are slow (under sanitizers).
    for (unsigned round = 0; guest.interrupted < Resuming::kEnough; round++) {
      interrupt(guest.context, self);
      for (unsigned pause = 0; pause < round % 977 + round / 64; pause++) _mm_pause();
    }
  });
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  other.join();
  EXPECT_EQ(guest.context.regs.rsi, 0U);
  EXPECT_EQ(guest.leaks, 0U);
  EXPECT_GE(guest.interrupted, Resuming::kEnough);
}

std::vector<uint64_t> safe_points_of_sequences(const Guest& guest, size_t size) {
  const uint8_t* code =
      reinterpret_cast<const uint8_t*>(const_cast<Guest&>(guest).data() - kData + kImageStart);
  std::vector<uint64_t> points((size + 63) / 64, ~uint64_t{0});
  auto interior = [&](size_t from, size_t length) {
    for (size_t at = from; at < from + length; at++) points[at / 64] &= ~(uint64_t{1} << (at % 64));
  };
  auto at = [&](size_t offset, std::initializer_list<uint8_t> bytes) {
    return offset + bytes.size() <= size &&
           std::memcmp(code + offset, bytes.begin(), bytes.size()) == 0;
  };
  for (size_t offset = 0; offset < size; offset++) {
    // From the byte after a sequence's start: bytes inside instructions are no safe points either.
    if (at(offset, {0x41, 0x83, 0xe3, 0xe0})) interior(offset + 1, 9);
    if (at(offset, {0x81, 0xec})) interior(offset + 1, 8);
    if (at(offset, {0x4d, 0x8b, 0x1e, 0x89, 0xff})) interior(offset + 1, 20);
    if (at(offset, {0x4d, 0x8b, 0x1e, 0x8d})) interior(offset + 1, 13);
    if (at(offset, {0x41, 0x89, 0xe3, 0x41, 0x53})) interior(offset + 1, 4);
  }
  return points;
}

// A handler of the embedding process.
std::atomic<int> g_handled = 0;
std::atomic<uint64_t> g_handler_stack = 0;
void remember_stack(int) {
  int here = 0;
  g_handler_stack = reinterpret_cast<uint64_t>(&here);
  g_handled++;
}

class EmbeddersHandler : public Run {
 protected:
  void TearDown() override { std::signal(SIGUSR1, SIG_DFL); }
  void handle(int flags, bool blocks_others) {
    struct sigaction action {};
    action.sa_handler = remember_stack;
    action.sa_flags = flags;
    if (blocks_others) sigfillset(&action.sa_mask);
    ASSERT_EQ(host::signal_action(SIGUSR1, &action, nullptr), 0);
    g_handled = 0;
  }
  // Runs a guest, sends SIGUSR1 meanwhile, ends it. Whether the handler ran before that, for which
  // it has so much time.
  static bool handled_while_spinning(std::chrono::milliseconds time) {
    Guest guest(spin_code);
    bool handled = false;
    pthread_t self = pthread_self();
    pid_t self_id = gettid();
    std::thread other([&] {
      guest.wait_until_it_spins();
      pthread_kill(self, SIGUSR1);
      const auto end = std::chrono::steady_clock::now() + time;
      while (g_handled == 0 && std::chrono::steady_clock::now() < end) usleep(1000);
      handled = g_handled > 0;
      interrupt(guest.context, self_id);
    });
    EXPECT_EQ(run(guest.context), Guest::kEventLeft);
    other.join();
    uint64_t base = guest.context.base;
    EXPECT_EQ(g_handled, 1) << "a signal is late, but not lost";
    EXPECT_GE(g_handler_stack - base, kSlotSize) << "it ran on the guest's stack";
    return handled;
  }
};

constexpr std::chrono::milliseconds kShort{20};
constexpr std::chrono::milliseconds kLong{10'000};

TEST_F(EmbeddersHandler, WaitsUntilNoGuestCodeRuns) {
  handle(0, true);
  EXPECT_FALSE(handled_while_spinning(kShort));
  handle(SA_RESTART, false);
  EXPECT_FALSE(handled_while_spinning(kShort));
  handle(SA_ONSTACK, false);
  EXPECT_FALSE(handled_while_spinning(kShort)) << "an interrupt in the middle of it would be lost";
}

TEST_F(EmbeddersHandler, OnTheSignalStackWithOursBlockedRunsAtOnce) {
  handle(SA_ONSTACK, true);
  EXPECT_TRUE(handled_while_spinning(kLong));
}

// As threads of servers often are.
TEST_F(Run, SignalsThatTheCallerBlockedAreNoWayToEndTheHost) {
  sigset_t all;
  sigset_t before;
  sigset_t after;
  sigfillset(&all);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
  Guest guest(null_load_code);
  EXPECT_EQ(run(guest.context), Guest::kEventLeft);
  EXPECT_EQ(guest.context.fault.signal, SIGSEGV);
  Guest spinning(spin_code);
  pid_t self = gettid();
  std::thread other([&] {
    spinning.wait_until_it_spins();
    interrupt(spinning.context, self);
  });
  EXPECT_EQ(run(spinning.context), Guest::kEventLeft);
  other.join();
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, &after), 0);
  EXPECT_EQ(sigismember(&after, SIGSEGV), 1) << "the mask is the caller's again";
}

// Whether a thread has a signal blocked.
bool is_blocked(pid_t thread, int signal) {
  std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("SigBlk:")) continue;
    return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  }
  return false;
}

// setuid() makes every thread of the process run a handler of the C library's.
TEST_F(Run, TheCLibrarysOwnSignalsWaitToo) {
  Guest guest(spin_code);
  pid_t self = gettid();
  std::atomic<bool> changed = false;
  std::thread other([&] {
    constexpr int kOfSetuid = 33;  // SIGSETXID
    guest.wait_until_it_spins();
    while (!is_blocked(self, kOfSetuid)) usleep(1000);
    EXPECT_EQ(setuid(getuid()), 0);
    changed = true;
  });
  std::thread end([&] {
    guest.wait_until_it_spins();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // goes on after signals
    EXPECT_FALSE(changed);
    interrupt(guest.context, self);
  });
  EXPECT_EQ(run(guest.context), Guest::kEventLeft);
  end.join();
  other.join();
  EXPECT_TRUE(changed);
}

TEST_F(Run, UnmaskedPendingX87ExceptionsStayTheGuests) {
  Guest guest(unmasked_x87_code);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  EXPECT_EQ(guest.data<uint16_t>(4), 0x37bU);
}

// Needs all eight registers.
class CountingHost : public Guest {
 public:
  using Guest::Guest;
  void on_call() override {
    asm volatile(
        "fld1; fld1; fld1; fld1; fld1; fld1; fld1; fld1;"
        "faddp; faddp; faddp; faddp; faddp; faddp; faddp; fstpl %0"
        : "=m"(sum)
        :
        : "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
  }
  double sum = 0;
};

TEST_F(Run, AFullX87StackIsNotTheHosts) {
  CountingHost guest(full_x87_code);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  EXPECT_EQ(guest.sum, 8.0);
  EXPECT_EQ(guest.data<float>(4), 2.0F);
}

TEST_F(Run, WhatTheHostComputesWithX87IsNotTheGuests) {
  CountingHost guest(left_in_x87_code);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  EXPECT_EQ(guest.calls.size(), 2U);
  for (size_t at = 64; at < 192; at += 8) EXPECT_EQ(guest.data<uint64_t>(at), 0U) << at;
}

// What the caller computes with is his own, and the guest's exceptions are not.
TEST_F(Run, TheCallersControlWordsSurvive) {
  const unsigned mxcsr = _mm_getcsr();
  uint16_t control = 0;
  asm volatile("fnstcw %0" : "=m"(control));
  const uint16_t precise_double = 0x27b;  // 53 bits, division by zero traps
  for (Code code : {unmasked_x87_code, full_x87_code, rounding_code}) {
    _mm_setcsr(mxcsr | 0x8040);  // flush to zero, denormals are zeroes
    asm volatile("fnclex; fldcw %0" : : "m"(precise_double));
    Guest guest(code);
    int64_t outcome = run(guest.context);
    uint16_t control_after = 0;
    const unsigned mxcsr_after = _mm_getcsr();
    double sum = 0;
    asm volatile("fnstcw %0; fld1; fld1; faddp; fstpl %1" : "=m"(control_after), "=m"(sum));
    asm volatile("fldcw %0" : : "m"(control));
    _mm_setcsr(mxcsr);
    EXPECT_EQ(outcome, Guest::kLeft);
    EXPECT_EQ(control_after, precise_double);
    EXPECT_EQ(mxcsr_after & 0x8040, 0x8040U);
    EXPECT_EQ(sum, 2.0);
  }
}

class RoundingHost : public Guest {
 public:
  using Guest::Guest;
  void on_call() override { host_mxcsr = _mm_getcsr(); }
  unsigned host_mxcsr = 0;
};

TEST_F(Run, TheRoundingModeIsTheGuestsOwn) {
  RoundingHost guest(rounding_code);
  EXPECT_EQ(run(guest.context), Guest::kLeft);
  EXPECT_EQ(guest.host_mxcsr & 0xffc0U, 0x1f80U);
  EXPECT_EQ(guest.data<uint32_t>(4), 0x3f80U);
}

}  // namespace
}  // namespace rawposix::sfi
