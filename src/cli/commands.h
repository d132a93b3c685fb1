// SPDX-License-Identifier: Apache-2.0
// The subcommands. Each add_ function declares one and has `exit_code` set when it runs.
#pragma once

// CLI11 includes <iostream>, whose streams cost every start of the program a twentieth of a
// millisecond to set up. Without that header they are set up when StandardStreams is made.
#define _GLIBCXX_IOSTREAM 1
#include <istream>
#include <ostream>
namespace std {
extern istream cin;
extern ostream cout;
extern ostream cerr;
extern ostream clog;
}  // namespace std
#include <CLI/CLI.hpp>

namespace rawposix::cli {

// As shells, env(1) and timeout(1) use them.
inline constexpr int kExitFailure = 125;
inline constexpr int kExitCannotRun = 126;
inline constexpr int kExitNotFound = 127;

using StandardStreams = std::ios_base::Init;

void add_run(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_syscalls(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

}  // namespace rawposix::cli
