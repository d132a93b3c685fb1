// SPDX-License-Identifier: Apache-2.0
// What the files in /proc/PID hold (man 5 proc).
#pragma once

#include <string>

#include "proc/node.h"
#include "proc/process.h"

namespace rawposix::proc {

constexpr int64_t kNanosecondsPerTick = 10'000'000;  // USER_HZ

// printf() at the end of a string.
__attribute__((format(printf, 2, 3))) void append(std::string& to, const char* format, ...);

Result<std::string> stat_text(const Process& process, const Opener& opener);
Result<std::string> statm_text(const Process& process, const Opener& opener);
Result<std::string> status_text(const Process& process, const Opener& opener);
Result<std::string> maps_text(const Process& process, const Opener& opener);
Result<std::string> smaps_text(const Process& process, const Opener& opener);
Result<std::string> smaps_rollup_text(const Process& process, const Opener& opener);
Result<std::string> cmdline_text(const Process& process, const Opener& opener);
Result<std::string> environ_text(const Process& process, const Opener& opener);
Result<std::string> auxv_text(const Process& process, const Opener& opener);
Result<std::string> comm_text(const Process& process, const Opener& opener);
Result<std::string> limits_text(const Process& process, const Opener& opener);
Result<std::string> wchan_text(const Process& process, const Opener& opener);
Result<std::string> loginuid_text(const Process& process, const Opener& opener);
Result<std::string> oom_score_text(const Process& process, const Opener& opener);
Result<std::string> oom_score_adj_text(const Process& process, const Opener& opener);
Result<std::string> coredump_filter_text(const Process& process, const Opener& opener);
Result<std::string> personality_text(const Process& process, const Opener& opener);
Result<std::string> mounts_text(const Process& process, const Opener& opener);
Result<std::string> mountinfo_text(const Process& process, const Opener& opener);

Result<> store_comm(const Process& process, const Opener& opener, std::string_view text);
Result<> store_oom_score_adj(const Process& process, const Opener& opener, std::string_view text);
Result<> store_coredump_filter(const Process& process, const Opener& opener, std::string_view text);

// A name in a line or a link in /proc: "\n" and what else would break lines in octal.
std::string escaped(std::string_view text, std::string_view special);

// Of the mount that a node lies in, as mountinfo tells it; 0 of none.
int mount_number(const fs::Node* node);

// The place of what a process runs, as its link shows it. ENOENT.
Result<std::string> executable_name(const cage::Cage::Program& program);

}  // namespace rawposix::proc
