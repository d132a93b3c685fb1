// SPDX-License-Identifier: Apache-2.0
#include "syscall/trace.h"

#include <fcntl.h>

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>

#include "host/clock.h"
#include "signal/names.h"
#include "signal/siginfo.h"
#include "signal/signal_set.h"
#include "syscall/arg.h"
#include "syscall/table.h"

namespace rawposix::syscall {
namespace {

constexpr size_t kLongestString = 64;    // bytes printed of a string argument
constexpr int64_t kLowestError = -4095;  // Linux's MAX_ERRNO

template <class... Args>
void append(std::string& out, const char* format, Args... args) {
  char text[64];
  int length = std::snprintf(text, sizeof text, format, args...);
  out.append(text, static_cast<size_t>(length));
}

void append_escaped(std::string& out, std::string_view text) {
  for (char character : text) {
    unsigned char byte = static_cast<unsigned char>(character);
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += character;
    } else if (byte < 0x20 || byte >= 0x7f) {
      append(out, "\\x%02x", byte);
    } else {
      out += character;
    }
  }
}

// The beginning of what is `size` bytes long.
void append_quoted(std::string& out, std::string_view text, uint64_t size) {
  out += '"';
  append_escaped(out, text.substr(0, kLongestString));
  out += size > kLongestString ? "\"..." : "\"";
}

void append_result(std::string& out, uint64_t rax) {
  int64_t value = static_cast<int64_t>(rax);
  if (value < 0 && value >= kLowestError) {
    Errno error(static_cast<int>(-value));
    append(out, " = -1 %s (%s)", error.name(), error.message());
  } else if (value >= 0 && value < 0x10000) {
    append(out, " = %" PRId64, value);
  } else {
    append(out, " = %#" PRIx64, rax);
  }
}

uint64_t elapsed_ns(const timespec& from, const timespec& to) {
  return static_cast<uint64_t>(host::nanoseconds(to) - host::nanoseconds(from));
}

}  // namespace

void print_signed(std::string& out, int64_t value) { append(out, "%" PRId64, value); }

void print_hex(std::string& out, uint64_t value) { append(out, "%#" PRIx64, value); }

void print_address(std::string& out, uint64_t value) {
  if (value == 0) {
    out += "NULL";
  } else {
    print_hex(out, value);
  }
}

void print_fd(std::string& out, int32_t value) {
  if (value == AT_FDCWD) {
    out += "AT_FDCWD";
  } else {
    print_signed(out, value);
  }
}

void print_string(std::string& out, const cage::Task& task, UserString value) {
  if (value.addr.is_null()) {
    out += "NULL";
    return;
  }
  Result<std::string> text = task.memory().copy_string(value, 4096);
  if (!text.ok()) {
    print_address(out, value.addr.value);
    return;
  }
  append_quoted(out, text.value(), text.value().size());
}

void print_bytes(std::string& out, const cage::Task& task, GuestAddr start, uint64_t size) {
  std::string text(std::min<uint64_t>(size, kLongestString), '\0');
  if (!task.memory().copy_in(text.data(), start, text.size()).ok()) {
    return print_address(out, start.value);
  }
  append_quoted(out, text, size);
}

Observation::Observation(cage::Task& task, uint64_t number) : task_(task) {
  if (task.tracer() != nullptr) {
    uint32_t index = static_cast<uint32_t>(number);
    if (const SystemCall* call = find_call(index)) {
      text_ += call->name;
      text_ += '(';
      call->print(text_, task);
      text_ += ')';
    } else {
      const char* name = linux_name(index);
      append(text_, name != nullptr ? "%s(...)" : "syscall_%s", name != nullptr ? name : "");
      if (name == nullptr) append(text_, "%" PRIu32 "(...)", index);
    }
  }
  start_ = host::now(CLOCK_MONOTONIC).value_or(timespec{});
}

void Observation::finish(int64_t outcome) {
  timespec end = host::now(CLOCK_MONOTONIC).value_or(timespec{});
  cage::Statistics& statistics = task_.cage().statistics();
  statistics.system_calls.fetch_add(1, std::memory_order_relaxed);
  statistics.system_call_time_ns.fetch_add(elapsed_ns(start_, end), std::memory_order_relaxed);
  if (task_.tracer() == nullptr) return;
  if (outcome != 0) {
    text_ += " = ?";
  } else {
    append_result(text_, task_.context().regs.rax);
  }
  task_.tracer()->line(task_.tid(), text_);
}

namespace {

// Why a signal was sent (man 2 sigaction, si_code).
struct CodeName {
  int signal;  // 0: any
  int code;
  const char* name;
};
constexpr CodeName kCodeNames[] = {
    {0, SI_USER, "SI_USER"},
    {0, SI_KERNEL, "SI_KERNEL"},
    {0, SI_QUEUE, "SI_QUEUE"},
    {0, SI_TIMER, "SI_TIMER"},
    {0, SI_TKILL, "SI_TKILL"},
    {SIGCHLD, CLD_EXITED, "CLD_EXITED"},
    {SIGCHLD, CLD_KILLED, "CLD_KILLED"},
    {SIGCHLD, CLD_DUMPED, "CLD_DUMPED"},
    {SIGCHLD, CLD_STOPPED, "CLD_STOPPED"},
    {SIGCHLD, CLD_CONTINUED, "CLD_CONTINUED"},
    {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"},
    {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"},
    {SIGBUS, BUS_ADRALN, "BUS_ADRALN"},
    {SIGBUS, BUS_ADRERR, "BUS_ADRERR"},
    {SIGFPE, FPE_INTDIV, "FPE_INTDIV"},
    {SIGILL, ILL_ILLOPN, "ILL_ILLOPN"},
    {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT"},
    {SIGTRAP, TRAP_TRACE, "TRAP_TRACE"},
};

std::string signal_name(int signal) {
  if (signal >= signal::kFirstRealTime) {
    return signal == signal::kFirstRealTime
               ? "SIGRTMIN"
               : "SIGRT_" + std::to_string(signal - signal::kFirstRealTime);
  }
  return signal::name_of(signal);
}

std::string code_name(int signal, int code) {
  for (const CodeName& known : kCodeNames) {
    if (known.code == code && (known.signal == 0 || known.signal == signal)) return known.name;
  }
  return std::to_string(code);
}

}  // namespace

std::string line_of_signal(const abi::Siginfo& info) {
  const abi::SignalfdSiginfo told = signal::record_of(info);
  const std::string name = signal_name(info.signal);
  std::string line = "--- " + name + " {si_signo=" + name;
  line += ", si_code=" + code_name(info.signal, info.code);
  if (info.code == SI_TIMER) {
    append(line, ", si_timerid=%#x, si_overrun=%d", told.timer, static_cast<int>(told.overrun));
  } else if (told.address != 0) {
    append(line, ", si_addr=%#" PRIx64, told.address);
  } else if (info.code != SI_KERNEL) {
    append(line, ", si_pid=%u, si_uid=%u", told.pid, told.uid);
  }
  if (info.signal == SIGCHLD && info.code > 0 && info.code != SI_KERNEL) {
    line += ", si_status=";
    line += info.code == CLD_EXITED ? std::to_string(told.status) : signal_name(told.status);
  }
  if (info.code == SI_QUEUE) append(line, ", si_value=%#" PRIx64, told.pointer);
  return line + "} ---";
}

std::string line_of_stop(int signal) { return "--- stopped by " + signal_name(signal) + " ---"; }

std::string line_of_end(const cage::ExitStatus& status) {
  if (status.signal == 0) return "+++ exited with " + std::to_string(status.code) + " +++";
  return "+++ killed by " + signal_name(status.signal) +
         (status.dumped ? " (core dumped) +++" : " +++");
}

}  // namespace rawposix::syscall
