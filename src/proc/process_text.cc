// SPDX-License-Identifier: Apache-2.0
#include "proc/process_text.h"

#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdarg>
#include <cstring>

#include "host/system.h"
#include "sfi/layout.h"

namespace rawposix::proc {
namespace {

// Memory of another cage, which may change under us; less where it can't be read.
std::string read_strings(mm::AddressSpace& memory, const mm::ProgramLayout::Range& range) {
  std::string text(range.end - range.start, '\0');
  constexpr uint64_t kPart = sfi::kPageSize;
  for (uint64_t done = 0; done < text.size();) {
    const uint64_t at = range.start + done;
    const uint64_t size = std::min(text.size() - done, kPart - at % kPart);
    if (!memory.guest_memory().copy_in(text.data() + done, mm::GuestAddr{at}, size).ok()) {
      text.resize(done);
      break;
    }
    done += size;
  }
  return text;
}

// Digits in any base that a prefix tells, as kstrtol(..., 0): with a newline after them, perhaps.
Result<int64_t> number_in(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('-')) {
    return Errno(EINVAL);
  }
  return negative ? -number : number;
}

struct LimitRow {
  const char* name;
  const char* unit;
};
// fs/proc/base.c, lnames.
constexpr std::array<LimitRow, RLIM_NLIMITS> kLimitRows{{
    {"Max cpu time", "seconds"},
    {"Max file size", "bytes"},
    {"Max data size", "bytes"},
    {"Max stack size", "bytes"},
    {"Max core file size", "bytes"},
    {"Max resident set", "bytes"},
    {"Max processes", "processes"},
    {"Max open files", "files"},
    {"Max locked memory", "bytes"},
    {"Max address space", "bytes"},
    {"Max file locks", "locks"},
    {"Max pending signals", "signals"},
    {"Max msgqueue size", "bytes"},
    {"Max nice priority", nullptr},
    {"Max realtime priority", nullptr},
    {"Max realtime timeout", "us"},
}};

}  // namespace

void append(std::string& to, const char* format, ...) {
  std::array<char, 512> part;
  va_list arguments;
  va_start(arguments, format);
  const int size = std::vsnprintf(part.data(), part.size(), format, arguments);
  va_end(arguments);
  if (size > 0)
    to.append(part.data(), std::min<size_t>(static_cast<size_t>(size), part.size() - 1));
}

std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (char c : text) {
    if (special.find(c) == std::string_view::npos) {
      out.push_back(c);
    } else {
      append(out, "\\%03o", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<std::string> executable_name(const cage::Cage::Program& program) {
  const cage::Executable& executable = program.executable;
  if (!executable.name.empty()) return executable.name;
  if (executable.file == nullptr) return Errno(ENOENT);
  return executable.file->mount().space->shown_path(*executable.file);
}

// fs/proc/base.c, get_mm_cmdline(): a program that has overwritten its arguments, beyond their
// end, too, is shown as one string.
Result<std::string> cmdline_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  if (program.memory == nullptr) return std::string();
  const auto layout = program.memory->layout();
  if (layout == nullptr) return std::string();
  std::string text = read_strings(*program.memory, layout->arguments);
  if (text.empty() || text.back() == '\0') return text;
  text += read_strings(*program.memory, layout->environment);
  return text.substr(0, text.find('\0'));
}

Result<std::string> environ_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  if (program.memory == nullptr) return std::string();
  const auto layout = program.memory->layout();
  if (layout == nullptr) return std::string();
  return read_strings(*program.memory, layout->environment);
}

Result<std::string> auxv_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  const auto layout = program.memory != nullptr ? program.memory->layout() : nullptr;
  if (layout == nullptr) return std::string();
  std::string text(layout->auxiliary.size() * sizeof(uint64_t), '\0');
  std::memcpy(text.data(), layout->auxiliary.data(), text.size());
  return text;
}

Result<std::string> comm_text(const Process& process, const Opener&) {
  return process.name() + "\n";
}

Result<> store_comm(const Process& process, const Opener& opener, std::string_view text) {
  constexpr size_t kNameLength = 15;  // TASK_COMM_LEN less the NUL
  if (opener.pid != process.cage->pid()) return Errno(EINVAL);
  if (process.task == nullptr) return Errno(ESRCH);
  process.task->set_name(std::string(text.substr(0, text.find('\0')).substr(0, kNameLength)));
  return {};
}

Result<std::string> limits_text(const Process& process, const Opener&) {
  std::string text;
  append(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
  const cage::Rlimits limits = process.cage->limits();
  for (unsigned resource = 0; resource < kLimitRows.size(); resource++) {
    const LimitRow& row = kLimitRows[resource];
    append(text, "%-25s ", row.name);
    const rlimit limit = limits.get(resource);
    for (rlim_t value : {limit.rlim_cur, limit.rlim_max}) {
      if (value == RLIM_INFINITY) {
        append(text, "%-20s ", "unlimited");
      } else {
        append(text, "%-20lu ", uint64_t{value});
      }
    }
    if (row.unit != nullptr) append(text, "%-10s", row.unit);
    text += "\n";
  }
  return text;
}

// What the kernel's functions are named is not for everybody on Linux, either.
Result<std::string> wchan_text(const Process&, const Opener&) { return std::string("0"); }

Result<std::string> loginuid_text(const Process&, const Opener&) {
  return std::string("4294967295");  // never set
}

// mm/oom_kill.c, oom_badness() and proc_oom_score().
Result<std::string> oom_score_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  if (program.memory == nullptr) return std::string("0\n");
  const abi::Sysinfo machine = host::system_information();
  const auto total = static_cast<int64_t>(
      std::max<uint64_t>(machine.total_ram * machine.unit_bytes / sfi::kPageSize, 1));
  const int64_t adjustment = process.cage->oom_score_adjustment;
  if (adjustment == -1000) return std::string("0\n");
  const auto used = static_cast<int64_t>(program.memory->resident().all());
  const int64_t badness = used + adjustment * total / 1000;
  const int64_t points = std::max<int64_t>((1000 + badness * 1000 / total) * 2 / 3, 0);
  return std::to_string(points) + "\n";
}

Result<std::string> oom_score_adj_text(const Process& process, const Opener&) {
  return std::to_string(process.cage->oom_score_adjustment) + "\n";
}

// fs/proc/base.c, __set_oom_adj().
Result<> store_oom_score_adj(const Process& process, const Opener& opener, std::string_view text) {
  const int64_t wanted = TRY(number_in(text));
  if (wanted < -1000 || wanted > 1000) return Errno(EINVAL);
  const bool privileged = opener.credentials.can(CAP_SYS_RESOURCE);
  cage::Cage& cage = *process.cage;
  if (wanted < cage.least_oom_score_adjustment && !privileged) return Errno(EACCES);
  cage.oom_score_adjustment = static_cast<int>(wanted);
  if (privileged) cage.least_oom_score_adjustment = static_cast<int>(wanted);
  return {};
}

Result<std::string> coredump_filter_text(const Process& process, const Opener&) {
  std::string text;
  if (process.cage->program().memory == nullptr) return text;
  append(text, "%08x\n", process.cage->core_dump_filter.load());
  return text;
}

Result<> store_coredump_filter(const Process& process, const Opener&, std::string_view text) {
  constexpr uint32_t kKnown = 0x1ff;
  const int64_t wanted = TRY(number_in(text));
  if (wanted < 0 || wanted > UINT32_MAX) return Errno(wanted < 0 ? EINVAL : ERANGE);
  process.cage->core_dump_filter = static_cast<uint32_t>(wanted) & kKnown;
  return {};
}

Result<std::string> personality_text(const Process& process, const Opener&) {
  std::string text;
  append(text, "%08x\n", process.cage->personality.load());
  return text;
}

}  // namespace rawposix::proc
