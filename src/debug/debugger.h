// SPDX-License-Identifier: Apache-2.0
// Lets gdb debug the one task of a cage. It stands between sfi and the kernel: it sees each system
// call and event of the task first and stops there, on the task's own thread, to answer gdb.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cage/task.h"
#include "debug/breakpoints.h"
#include "debug/commands.h"
#include "debug/connection.h"
#include "debug/listener.h"
#include "debug/watcher.h"

namespace rawposix::debug {

class Debugger {
 public:
  // The error is a message for the user.
  static Result<std::unique_ptr<Debugger>, std::string> create(const std::string& address);
  explicit Debugger(Listener listener) : listener_(std::move(listener)) {}

  // What gdb's `target remote` takes.
  const std::string& address() const { return listener_.address(); }

  // Before the task runs, on its thread: waits for gdb to connect and to let it go. The task's
  // program is started and its callbacks are set.
  void start(cage::Task& task);
  // After the task has run.
  void finish();

 private:
  // What belongs to one connection.
  struct Session {
    Session(cage::Task& task, Connection line)
        : connection(std::move(line)),
          breakpoints(task.cage().address_space(), *task.context().code),
          watchpoints(task.memory()),
          commands(task, breakpoints, watchpoints, connection),
          watcher(task) {}

    Connection connection;
    Breakpoints breakpoints;
    Watchpoints watchpoints;
    Commands commands;
    Watcher watcher;
  };

  sfi::Context& context() { return task_->context(); }
  void hook();
  void unhook();

  int64_t on_system_call();
  int64_t on_event(sfi::Event event);
  int64_t on_fault();
  int64_t on_step();
  int64_t on_input();
  bool step_is_half_a_branch();

  enum class Announce : uint8_t { kNo, kYes };
  int64_t stop(const Stop& stop, Announce announce = Announce::kYes);
  int64_t resume(const Resume& resume);
  int64_t deliver(int signal);
  int64_t go_on();

  Listener listener_;
  cage::Task* task_ = nullptr;
  std::optional<Session> session_;
  int64_t (*kernel_system_call_)(sfi::Context*) = nullptr;
  int64_t (*kernel_event_)(sfi::Context*, sfi::Event) = nullptr;
  void (*entry_)() = nullptr;
  sfi::Fault pending_{};       // the last fault that was not the debugger's own
  bool stepping_ = false;      // gdb wants the next safe point; else it may be for watchpoints
  uint64_t stepped_from_ = 0;  // where the instruction was that a step executes
};

}  // namespace rawposix::debug
