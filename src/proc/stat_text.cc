// SPDX-License-Identifier: Apache-2.0
// /proc/PID/stat and statm. What cages don't have is 0, as on Linux where it isn't kept.
#include <sys/sysmacros.h>

#include <algorithm>

#include "proc/process_text.h"
#include "sfi/layout.h"

namespace rawposix::proc {
namespace {

// include/linux/kdev_t.h, new_encode_dev().
uint64_t encode_device(dev_t device) {
  const uint64_t number = minor(device);
  return (number & 0xff) | uint64_t{major(device)} << 8 | (number & ~uint64_t{0xff}) << 12;
}

struct Times {
  cage::Usage usage;
  char state = 'S';
  int processor = 0;
};

Times times_of(const Process& process) {
  Times times;
  if (process.relations.zombie) {
    times.usage = process.relations.usage;
    return times;
  }
  if (process.scope == Scope::kProcess) times.usage = process.cage->ended_usage();
  for (const std::shared_ptr<cage::Task>& task : process.tasks()) {
    const cage::Task::Observed observed = task->observe();
    times.usage += observed.usage;
    if (task == process.task) {
      times.state = observed.state;
      times.processor = observed.processor;
    }
  }
  return times;
}

}  // namespace

Result<std::string> stat_text(const Process& process, const Opener& opener) {
  const Times times = times_of(process);
  const cage::ProcessTree::Relations& relations = process.relations;
  const cage::Cage::Program program = process.cage->program();
  const bool is_process = process.scope == Scope::kProcess;
  const auto layout = program.memory != nullptr ? program.memory->layout() : nullptr;
  const mm::ProgramLayout shown =
      layout != nullptr && opener.may_inspect ? *layout : mm::ProgramLayout{};
  const uint64_t heap =
      opener.may_inspect && program.memory != nullptr ? program.memory->heap().start : 0;
  auto ticks = [](int64_t time_ns) { return time_ns / kNanosecondsPerTick; };
  std::string text;
  // Fields 1 to 9, the last of them flags of the kernel's own (PF_*).
  constexpr unsigned kForked = 0x40;  // PF_FORKNOEXEC, which ps(1) shows
  append(text, "%d (%s) %c %d %d %d %lu %d %u", process.id, process.name().c_str(),
         process.state(times.state), relations.parent, relations.group, relations.session,
         encode_device(relations.terminal.value_or(0)),
         relations.terminal ? relations.foreground : -1, relations.executed ? 0 : kForked);
  // 10 to 17.
  const cage::Usage& children = relations.children_usage;
  append(text, " %ld %ld %ld %ld %ld %ld %ld %ld", times.usage.minor_faults,
         is_process ? children.minor_faults : 0, times.usage.major_faults,
         is_process ? children.major_faults : 0, ticks(times.usage.user_ns),
         ticks(times.usage.system_ns), is_process ? ticks(children.user_ns) : 0,
         is_process ? ticks(children.system_ns) : 0);
  // 18 to 25.
  const cage::Scheduling& scheduling =
      cage::ProcessTree::Bearer{process.cage, process.task}.scheduling();
  const int nice = scheduling.nice;
  const int64_t start =
      process.task != nullptr ? process.task->start_time_ns() : process.cage->start_time_ns();
  append(text, " %d %d %zu 0 %ld %lu %lu %lu", 20 + nice, nice,
         std::max<size_t>(process.cage->task_count(), 1), ticks(start),
         program.memory != nullptr ? program.memory->totals().all * sfi::kPageSize : 0,
         program.memory != nullptr ? program.memory->resident().all() : 0,
         uint64_t{process.cage->limit(RLIMIT_RSS).rlim_cur});
  // 26 to 30, then signals as 32-bit sets, wchan and swap.
  const bool hidden = layout != nullptr && !opener.may_inspect;
  append(text, " %lu %lu %lu 0 0", hidden ? 1 : shown.code.start, hidden ? 1 : shown.code.end,
         shown.stack);
  const cage::Signals::Snapshot signals = process.cage->signals().snapshot(process.task.get());
  constexpr uint64_t kOldSet = 0x7fffffff;
  append(text, " %lu %lu %lu %lu 0 0 0", signals.pending.raw() & kOldSet,
         signals.blocked.raw() & kOldSet, signals.ignored.raw() & kOldSet,
         signals.caught.raw() & kOldSet);
  // 38 to 44.
  append(text, " %d %d 0 %d 0 0 0", is_process ? relations.exit_signal : -1, times.processor,
         scheduling.policy.load());
  // 45 to 52.
  int status = 0;
  if (relations.zombie && opener.may_inspect) {
    status = relations.status.signal != 0
                 ? relations.status.signal | (relations.status.dumped ? 0x80 : 0)
                 : relations.status.code << 8;
  }
  append(text, " %lu %lu %lu %lu %lu %lu %lu %d\n", shown.data.start, shown.data.end, heap,
         shown.arguments.start, shown.arguments.end, shown.environment.start, shown.environment.end,
         status);
  return text;
}

Result<std::string> statm_text(const Process& process, const Opener&) {
  const cage::Cage::Program program = process.cage->program();
  std::string text;
  if (program.memory == nullptr) return std::string("0 0 0 0 0 0 0\n");
  const mm::VmaSet::Totals totals = program.memory->totals();
  const mm::AddressSpace::Resident resident = program.memory->resident();
  const auto layout = program.memory->layout();
  const uint64_t code =
      layout != nullptr ? sfi::page_up(layout->code.end - layout->code.start) / sfi::kPageSize : 0;
  append(text, "%lu %lu %lu %lu 0 %lu 0\n", totals.all, resident.all(),
         resident.file + resident.shared, code, totals.data + totals.stack);
  return text;
}

}  // namespace rawposix::proc
