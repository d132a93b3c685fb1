// SPDX-License-Identifier: Apache-2.0
// Answers gdb while the task is stopped: GDB's remote serial protocol (GDB manual, appendix E) for
// one thread, all-stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cage/exit_status.h"
#include "cage/task.h"
#include "debug/breakpoints.h"
#include "debug/connection.h"
#include "debug/hex.h"
#include "debug/watchpoints.h"

namespace rawposix::debug {

// Why the task stopped.
struct Stop {
  enum class Cause : uint8_t { kSignal, kBreakpoint, kWatchpoint };
  int signal = 0;  // Linux's number
  Cause cause = Cause::kSignal;
  uint64_t watched = 0;  // the watchpoint's address
};

// What gdb wants next.
struct Resume {
  enum class Action : uint8_t { kContinue, kStep, kDetach, kKill };
  Action action = Action::kContinue;
  int signal = 0;  // to be delivered first; 0: none
};

class Commands {
 public:
  Commands(cage::Task& task, Breakpoints& breakpoints, Watchpoints& watchpoints,
           Connection& connection)
      : task_(task),
        breakpoints_(breakpoints),
        watchpoints_(watchpoints),
        connection_(connection) {}

  // Answers packets until one ends the stop. A lost connection is a detachment.
  Resume serve(const Stop& stop);
  // Tells gdb of a stop that it waits for.
  void announce(const Stop& stop);
  void announce_end(const cage::ExitStatus& status);

 private:
  // What a packet is answered with; or, where the stop ends, how.
  struct Answer {
    std::string text;
    std::optional<Resume> resume;
  };

  Answer answer(std::string_view packet);
  Answer answer_resume(char command, Reader reader);
  Answer answer_query(Reader reader);
  Answer answer_verbose(Reader reader);

  std::string stop_text() const;
  std::string read_registers() const;
  std::string write_registers(Reader reader);
  std::string read_one_register(Reader reader) const;
  std::string write_one_register(Reader reader);
  std::string read_memory(Reader reader) const;
  enum class Encoding : uint8_t { kHex, kBinary };
  std::string write_memory(Reader reader, Encoding encoding);
  enum class Change : uint8_t { kInsert, kRemove };
  std::string change_breakpoint(Reader reader, Change change);
  Result<> change_point(uint64_t type, uint64_t address, uint64_t size, Change change);
  std::string thread_id() const;

  cage::Task& task_;
  Breakpoints& breakpoints_;
  Watchpoints& watchpoints_;
  Connection& connection_;
  Stop stop_;
};

}  // namespace rawposix::debug
