// SPDX-License-Identifier: Apache-2.0
// /proc/PID/status, as fs/proc/array.c writes it.
#include <array>
#include <bit>

#include "host/system.h"
#include "proc/process_text.h"
#include "sfi/layout.h"

namespace rawposix::proc {
namespace {

const char* state_name(char state) {
  switch (state) {
    case 'R':
      return "R (running)";
    case 'D':
      return "D (disk sleep)";
    case 'T':
      return "T (stopped)";
    case 'Z':
      return "Z (zombie)";
    default:
      return "S (sleeping)";
  }
}

// As string_escape_str() has it with ESCAPE_SPACE | ESCAPE_SPECIAL, and "\n\\" alone to escape.
std::string shown_name(const std::string& name) {
  std::string shown;
  for (char each : name) {
    if (each == '\n') {
      shown += "\\n";
    } else if (each == '\\') {
      shown += "\\\\";
    } else {
      shown += each;
    }
  }
  return shown;
}

void add_identity(std::string& text, const Process& process) {
  const cage::ProcessTree::Relations& relations = process.relations;
  append(text, "Name:\t%s\n", shown_name(process.name()).c_str());
  const Result<cage::Task::View> view = process.task != nullptr
                                            ? process.task->files_view()
                                            : Result<cage::Task::View>(Errno(ENOENT));
  if (view.ok()) append(text, "Umask:\t%04o\n", view.value().umask);
  append(text, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
         state_name(process.state()), process.cage->pid(), process.id, relations.parent);
  const cage::Credentials who = process.credentials();
  append(text, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", who.user.real, who.user.effective,
         who.user.saved, who.user.file_system, who.group.real, who.group.effective, who.group.saved,
         who.group.file_system);
  size_t room = 0;
  if (process.task != nullptr) {
    const std::vector<int> numbers = process.task->open_numbers().value_or({});
    // Linux's table doubles from 64 on (fs/file.c).
    room = numbers.empty() ? 64 : std::max<size_t>(64, std::bit_ceil(size_t(numbers.back()) + 1));
  }
  append(text, "FDSize:\t%zu\nGroups:\t", room);
  for (gid_t group : who.groups) append(text, "%u ", group);
  if (who.groups.empty()) text += " ";
  append(text, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t0\n",
         process.cage->pid(), process.id, relations.group, relations.session);
}

void add_memory(std::string& text, const Process& process) {
  const cage::Cage::Program program = process.cage->program();
  if (program.memory == nullptr) return;
  const mm::VmaSet::Totals totals = program.memory->totals();
  const mm::AddressSpace::Resident resident = program.memory->resident();
  const auto layout = program.memory->layout();
  auto line = [&text](const char* name, uint64_t pages) {
    append(text, "%s:\t%8lu kB\n", name, pages * (sfi::kPageSize / 1024));
  };
  // Peaks aren't kept.
  line("VmPeak", totals.all);
  line("VmSize", totals.all);
  line("VmLck", totals.locked);
  line("VmPin", 0);
  line("VmHWM", resident.all());
  line("VmRSS", resident.all());
  line("RssAnon", resident.anonymous);
  line("RssFile", resident.file);
  line("RssShmem", resident.shared);
  line("VmData", totals.data);
  line("VmStk", totals.stack);
  line("VmExe", layout != nullptr
                    ? sfi::page_up(layout->code.end - layout->code.start) / sfi::kPageSize
                    : 0);
  line("VmLib", 0);
  line("VmPTE", 0);
  line("VmSwap", 0);
  line("HugetlbPages", 0);
  text += "CoreDumping:\t0\nTHP_enabled:\t1\n";
}

void add_signals(std::string& text, const Process& process) {
  const cage::Signals::Snapshot signals = process.cage->signals().snapshot(process.task.get());
  append(text, "Threads:\t%zu\nSigQ:\t%zu/%lu\n", std::max<size_t>(process.cage->task_count(), 1),
         signals.queued, uint64_t{process.cage->limit(RLIMIT_SIGPENDING).rlim_cur});
  append(text, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n", signals.pending.raw(),
         signals.shared_pending.raw(), signals.blocked.raw());
  append(text, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", signals.ignored.raw(), signals.caught.raw());
}

void add_rights(std::string& text, const Process& process) {
  const cage::Capabilities capabilities = process.credentials().capabilities;
  append(text, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\n",
         capabilities.inheritable, capabilities.permitted, capabilities.effective,
         cage::Capabilities::kAll);
  append(text, "CapAmb:\t%016lx\nNoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\n", uint64_t{0},
         process.cage->no_new_privileges ? 1 : 0);
}

// In groups of 32 bits, as %*pb.
void add_processors(std::string& text, const Process& process) {
  std::array<std::byte, 1024> bits{};
  const pid_t thread = process.task != nullptr ? process.task->waiter().thread() : 0;
  const size_t size = host::usable_processors(thread, bits).value_or(0);
  std::string words;
  std::string list;
  int first = -1;
  auto allowed = [&](size_t processor) {
    return processor / 8 < size &&
           (std::to_integer<unsigned>(bits[processor / 8]) >> processor % 8 & 1) != 0;
  };
  size_t most = 0;
  for (size_t processor = 0; processor <= size * 8; processor++) {
    if (allowed(processor)) {
      most = processor;
      if (first < 0) first = static_cast<int>(processor);
    } else if (first >= 0) {
      const int last = static_cast<int>(processor) - 1;
      append(list, first == last ? "%s%d" : "%s%d-%d", list.empty() ? "" : ",", first, last);
      first = -1;
    }
  }
  for (size_t word = most / 32 + 1; word-- > 0;) {
    uint32_t value = 0;
    for (size_t bit = 0; bit < 32; bit++) value |= allowed(word * 32 + bit) ? 1U << bit : 0;
    append(words, words.empty() ? "%x" : ",%08x", value);
  }
  append(text, "Cpus_allowed:\t%s\nCpus_allowed_list:\t%s\n", words.c_str(), list.c_str());
  text += "Mems_allowed:\t1\nMems_allowed_list:\t0\n";
}

}  // namespace

Result<std::string> status_text(const Process& process, const Opener&) {
  std::string text;
  add_identity(text, process);
  add_memory(text, process);
  add_signals(text, process);
  add_rights(text, process);
  add_processors(text, process);
  host::ThreadSwitches switches;
  if (process.task != nullptr) switches = process.task->switches();
  append(text, "voluntary_ctxt_switches:\t%ld\nnonvoluntary_ctxt_switches:\t%ld\n",
         switches.voluntary, switches.involuntary);
  return text;
}

}  // namespace rawposix::proc
