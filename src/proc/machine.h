// SPDX-License-Identifier: Apache-2.0
// The files in /proc about the machine and the world. What concerns the machine alone (memory,
// processors, time) is the host's, as sysinfo(2) tells it; what concerns processes is the world's.
#pragma once

#include <string>

#include "cage/world.h"
#include "support/result.h"

namespace rawposix::proc {

Result<std::string> uptime_text(cage::World& world);
Result<std::string> meminfo_text(cage::World& world);
Result<std::string> cpuinfo_text(cage::World& world);
Result<std::string> loadavg_text(cage::World& world);
Result<std::string> machine_stat_text(cage::World& world);
Result<std::string> vmstat_text(cage::World& world);
Result<std::string> version_text(cage::World& world);
Result<std::string> filesystems_text(cage::World& world);

}  // namespace rawposix::proc
