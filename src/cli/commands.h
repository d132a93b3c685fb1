// SPDX-License-Identifier: Apache-2.0
// The subcommands. Each returns the exit code.
#pragma once

#include <string>
#include <vector>

namespace rawposix::cli {

// As shells, env(1) and timeout(1) use them.
inline constexpr int kExitLeak = 124;  // of --check-leaks alone
inline constexpr int kExitFailure = 125;
inline constexpr int kExitCannotRun = 126;
inline constexpr int kExitNotFound = 127;

struct RunOptions {
  std::vector<std::string> binds;  // HOST:GUEST[:ro]
  std::string root;
  std::string working_directory = "/";
  std::vector<std::string> environment;  // NAME=VALUE or NAME
  std::string user;                      // UID[:GID]; empty: the invoking one
  bool trace = false;
  std::string trace_file;
  bool follow = false;  // trace children, too
  bool statistics = false;
  std::string gdb;   // where it connects; empty: not wanted
  std::string core;  // a directory; empty: not wanted
  bool perf = false;
  bool check_leaks = false;
};

// `command` is the program and its arguments.
int run(const RunOptions& options, const std::vector<std::string>& command);
int verify(const std::vector<std::string>& files);
int list_system_calls(bool as_markdown);

}  // namespace rawposix::cli
