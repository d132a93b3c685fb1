// SPDX-License-Identifier: Apache-2.0
#include "debug/debugger.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "debug/registers.h"
#include "sfi/layout.h"

namespace rawposix::debug {
namespace {

constexpr uint64_t kTrapFlag = 0x100;
constexpr uint64_t kDebugException = 1;
constexpr uint64_t kBreakpointException = 3;
// What a callback returns to end the task.
constexpr int64_t kEnded = 1;

Debugger* debugger_of(sfi::Context* context) { return static_cast<Debugger*>(context->debugger); }

bool ends_program(int signal) {
  return signal != SIGCHLD && signal != SIGURG && signal != SIGWINCH && signal != SIGCONT;
}

}  // namespace

Result<std::unique_ptr<Debugger>, std::string> Debugger::create(const std::string& address) {
  Listener listener = TRY(Listener::open(address));
  return std::make_unique<Debugger>(std::move(listener));
}

void Debugger::start(cage::Task& task) {
  UniqueFd socket = listener_.accept();
  if (!socket.valid()) return;
  task_ = &task;
  session_.emplace(task, Connection(std::move(socket)));
  hook();
  static_cast<void>(stop({SIGTRAP}, Announce::kNo));
}

void Debugger::finish() {
  if (!session_) return;
  session_->watcher.pause();
  session_->commands.announce_end(task_->cage().exit_status());
  unhook();
}

void Debugger::hook() {
  kernel_system_call_ = std::exchange(
      context().on_system_call, [](sfi::Context* it) { return debugger_of(it)->on_system_call(); });
  kernel_event_ = std::exchange(context().on_event, [](sfi::Context* it, sfi::Event event) {
    return debugger_of(it)->on_event(event);
  });
  // Flags and vector registers are always to be in the context: gdb shows them, and the trap flag
  // is loaded with them.
  entry_ = std::exchange(context().entry, context().entry_vectors);
  context().debugger = this;
}

void Debugger::unhook() {
  session_->breakpoints.remove_all();
  context().on_system_call = kernel_system_call_;
  context().on_event = kernel_event_;
  context().entry = entry_;
  context().debugger = nullptr;
  session_.reset();
}

int64_t Debugger::on_system_call() {
  for (;;) {
    const sfi::Registers before = context().regs;
    if (int64_t outcome = kernel_system_call_(&context()); outcome != 0) return outcome;
    bool cut_off = context().regs.rax == static_cast<uint64_t>(-int64_t{EINTR}) &&
                   session_->connection.has_input();
    if (!cut_off) break;
    // gdb's interruption is not the program's: unless gdb changes something, the call is made
    // again, as Linux does when a tracer stops a process.
    context().interrupts.store(0, std::memory_order_release);
    sfi::Registers after = context().regs;
    if (int64_t outcome = on_input(); outcome != 0) return outcome;
    after.rflags = context().regs.rflags;
    if (!session_ || std::memcmp(&after, &context().regs, sizeof after) != 0) return 0;
    context().regs = before;
  }
  return context().single_step != 0 ? on_step() : 0;
}

int64_t Debugger::on_event(sfi::Event event) {
  if (event == sfi::Event::kFault) return on_fault();
  if (int64_t outcome = kernel_event_(&context(), event); outcome != 0) return outcome;
  return session_->connection.has_input() ? on_input() : go_on();
}

// Something came while the task ran.
int64_t Debugger::on_input() {
  std::string packet;
  switch (session_->connection.receive(packet)) {
    case Connection::Input::kInterrupt:
      return stop({SIGINT});
    case Connection::Input::kGone:
      return resume({Resume::Action::kDetach, 0});
    case Connection::Input::kPacket:  // none is due now
      break;
  }
  return go_on();
}

int64_t Debugger::on_fault() {
  const sfi::Fault fault = context().fault;
  uint64_t& rip = context().regs.rip;
  if (fault.signal == SIGTRAP && fault.trap_number == kDebugException &&
      context().single_step != 0) {
    return on_step();
  }
  if (fault.signal == SIGTRAP && fault.trap_number == kBreakpointException) {
    // Planted where the program has an int3 of its own, the processor is behind it.
    if (!session_->breakpoints.contains(rip) && session_->breakpoints.contains(rip - 1)) rip -= 1;
    if (session_->breakpoints.contains(rip)) return stop({SIGTRAP, Stop::Cause::kBreakpoint});
  }
  if (fault.signal == SIGSEGV && fault.address == rip) {
    if (uint64_t meant = session_->breakpoints.reached_by_jump_to(rip); meant != rip) {
      rip = meant;
      return stop({SIGTRAP, Stop::Cause::kBreakpoint});
    }
  }
  pending_ = fault;
  return stop({fault.signal});
}

// The task has executed an instruction, or a system call.
int64_t Debugger::on_step() {
  if (auto changed = session_->watchpoints.find_change()) {
    return stop({SIGTRAP, Stop::Cause::kWatchpoint, *changed});
  }
  if (stepping_ && !step_is_half_a_branch()) return stop({SIGTRAP});
  stepped_from_ = context().regs.rip;
  return go_on();
}

// Calls and returns are two instructions each, `push $return; jmp` and `pop %r11; <Q1>`. Unwind
// data knows them as one: between the two it is wrong by the word on the stack, and gdb would take
// the frame for another.
bool Debugger::step_is_half_a_branch() {
  const sfi::CodeMap& code = *context().code;
  uint64_t rip = context().regs.rip;
  if (session_->breakpoints.contains(rip)) return false;
  uint64_t from = stepped_from_ - code.start;
  uint64_t to = rip - code.start;
  constexpr size_t kLookAhead = 4;
  if (from >= code.size || to >= code.size || code.size - to < kLookAhead) return false;
  auto matches = [&code](uint64_t at, std::initializer_list<uint8_t> bytes) {
    return std::equal(bytes.begin(), bytes.end(), code.code + at);
  };
  bool at_indirect = matches(to, {0x41, 0x83, 0xe3, 0xe0});
  if (to - from == 2) return matches(from, {0x41, 0x5b}) && at_indirect;
  if (to - from != 5 || code.code[from] != 0x68) return false;
  return at_indirect || code.code[to] == 0xe9 || code.code[to] == 0xeb;
}

int64_t Debugger::stop(const Stop& stop, Announce announce) {
  session_->watcher.pause();
  context().single_step = 0;
  context().regs.rflags &= ~kTrapFlag;
  spread_vectors(context());
  if (announce == Announce::kYes) session_->commands.announce(stop);
  return resume(session_->commands.serve(stop));
}

int64_t Debugger::resume(const Resume& resume) {
  using Action = Resume::Action;
  if (resume.action == Action::kKill) {
    task_->cage().begin_exit({.code = 0, .signal = SIGKILL});
    return kEnded;
  }
  if (resume.signal != 0) {
    if (int64_t outcome = deliver(resume.signal); outcome != 0) return outcome;
  }
  if (resume.action == Action::kDetach) {
    context().single_step = 0;
    context().regs.rflags &= ~kTrapFlag;
    unhook();
    return 0;
  }
  stepping_ = resume.action == Action::kStep;
  context().single_step = stepping_ || !session_->watchpoints.empty() ? 1 : 0;
  stepped_from_ = context().regs.rip;
  session_->watcher.watch(session_->connection.fd());
  return go_on();
}

int64_t Debugger::deliver(int signal) {
  if (pending_.signal == signal) {
    context().fault = std::exchange(pending_, {});
    return kernel_event_(&context(), sfi::Event::kFault);
  }
  if (!ends_program(signal)) return 0;
  task_->cage().begin_exit({.code = 0, .signal = static_cast<uint8_t>(signal)});
  return kEnded;
}

int64_t Debugger::go_on() {
  if (context().single_step != 0) context().regs.rflags |= kTrapFlag;
  return 0;
}

}  // namespace rawposix::debug
