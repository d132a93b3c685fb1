// SPDX-License-Identifier: Apache-2.0
#include "proc/machine.h"

#include <array>
#include <ctime>
#include <string_view>

#include "cage/cage.h"
#include "cage/task.h"
#include "host/clock.h"
#include "host/system.h"
#include "proc/process_text.h"

namespace rawposix::proc {
namespace {

// Calls `use` with each line, without its end.
template <class Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    use(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

size_t running_tasks(cage::World& world) {
  size_t running = 0;
  for (const std::shared_ptr<cage::Cage>& cage : world.tree().all()) {
    for (const std::shared_ptr<cage::Task>& task : cage->tasks()) {
      if (task->observe().state == 'R') running++;
    }
  }
  return running;
}

}  // namespace

Result<std::string> uptime_text(cage::World&) {
  const timespec up = TRY(host::now(CLOCK_BOOTTIME));
  double idle = 0;
  const std::string host = host::machine_text("uptime").value_or("");
  if (const size_t space = host.find(' '); space != std::string::npos) {
    idle = std::atof(host.c_str() + space);
  }
  std::string text;
  append(text, "%ld.%02ld %.2f\n", up.tv_sec, up.tv_nsec / 10'000'000, idle);
  return text;
}

Result<std::string> meminfo_text(cage::World&) {
  Result<std::string> host = host::machine_text("meminfo");
  if (host.ok()) return host;
  const abi::Sysinfo machine = host::system_information();
  auto kib = [&](uint64_t units) { return units * machine.unit_bytes / 1024; };
  std::string text;
  append(text, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\nMemAvailable:   %8lu kB\n",
         kib(machine.total_ram), kib(machine.free_ram), kib(machine.free_ram));
  append(text, "Buffers:        %8lu kB\nCached:         %8lu kB\n", kib(machine.buffer_ram),
         uint64_t{0});
  append(text, "SwapTotal:      %8lu kB\nSwapFree:       %8lu kB\n", kib(machine.total_swap),
         kib(machine.free_swap));
  return text;
}

Result<std::string> cpuinfo_text(cage::World&) { return host::machine_text("cpuinfo"); }

Result<std::string> loadavg_text(cage::World& world) {
  const abi::Sysinfo machine = host::system_information();
  std::string text;
  for (uint64_t load : machine.loads) {
    // SI_LOAD_SHIFT; rounded as fs/proc/loadavg.c does.
    const uint64_t hundredths = (load * 100 + (uint64_t{1} << 15)) >> 16;
    append(text, "%lu.%02lu ", hundredths / 100, hundredths % 100);
  }
  const cage::ProcessTree::Counts counts = world.tree().counts();
  append(text, "%zu/%zu %d\n", running_tasks(world), counts.threads(), counts.last_id);
  return text;
}

// Processors' times and context switches are the machine's.
Result<std::string> machine_stat_text(cage::World& world) {
  const std::string host = TRY(host::machine_text("stat"));
  std::string processors;
  std::string switches = "ctxt 0";
  for_each_line(host, [&](std::string_view line) {
    if (line.starts_with("cpu")) processors.append(line).append("\n");
    if (line.starts_with("ctxt ")) switches = line;
  });
  const int64_t boot = host::nanoseconds(host::now(CLOCK_REALTIME).value_or({})) -
                       host::nanoseconds(host::now(CLOCK_BOOTTIME).value_or({}));
  std::string text = processors + "intr 0\n" + switches + "\n";
  append(text, "btime %ld\nprocesses %lu\nprocs_running %zu\nprocs_blocked 0\n",
         boot / host::kNanosecondsPerSecond, world.tree().counts().made,
         std::max<size_t>(running_tasks(world), 1));
  text += "softirq 0 0 0 0 0 0 0 0 0 0 0\n";
  return text;
}

// What vmstat(8) and its kin look for.
Result<std::string> vmstat_text(cage::World&) {
  constexpr std::array<std::string_view, 14> kShown = {
      "nr_free_pages ",  "nr_inactive_anon ", "nr_active_anon ", "nr_inactive_file ",
      "nr_active_file ", "nr_dirty ",         "nr_writeback ",   "nr_slab_reclaimable ",
      "pgpgin ",         "pgpgout ",          "pswpin ",         "pswpout ",
      "pgfault ",        "pgmajfault "};
  const std::string host = TRY(host::machine_text("vmstat"));
  std::string text;
  for_each_line(host, [&](std::string_view line) {
    for (std::string_view name : kShown) {
      if (line.starts_with(name)) text.append(line).append("\n");
    }
  });
  return text;
}

Result<std::string> version_text(cage::World&) {
  return std::string("Linux version ") + host::kernel_name().release +
         " (rawposix) (RawPOSIX) RawPOSIX\n";
}

Result<std::string> filesystems_text(cage::World&) {
  return std::string("nodev\tproc\nnodev\ttmpfs\n");
}

}  // namespace rawposix::proc
