// SPDX-License-Identifier: Apache-2.0
#include "syscall/trace.h"

#include <fcntl.h>

#include <cinttypes>
#include <cstdio>

#include "host/clock.h"
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
  out += '"';
  append_escaped(out, std::string_view(text.value()).substr(0, kLongestString));
  out += text.value().size() > kLongestString ? "\"..." : "\"";
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

}  // namespace rawposix::syscall
