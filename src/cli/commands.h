// SPDX-License-Identifier: Apache-2.0
// The subcommands. Each add_ function declares one and has `exit_code` set when it runs.
#pragma once

#include <CLI/CLI.hpp>

namespace rawposix::cli {

// As shells, env(1) and timeout(1) use them.
inline constexpr int kExitFailure = 125;
inline constexpr int kExitCannotRun = 126;
inline constexpr int kExitNotFound = 127;

void add_run(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_syscalls(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

}  // namespace rawposix::cli
