// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

// CLI11 includes <iostream>, whose streams cost every start of the program a twentieth of a
// millisecond, used or not. Without that header they are set up when somebody makes an Init.
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
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "rawposix/rawposix.h"

namespace rawposix::cli {
namespace {

constexpr const char* kExamples =
    "\nExamples:\n"
    "  rawposix run lua -e 'print(1)'             a ported program\n"
    "  rawposix run --bind .:/work --cwd /work ./a.out\n"
    "  rawposix run --trace gzip -9 < file > file.gz\n"
    "  rawposix verify ./a.out\n";

// What follows the first "--", if there is one: none of it is for the parser.
using AfterDashes = std::optional<std::vector<std::string>>;

// An empty value is mostly a variable that is not set.
std::string not_empty(const std::string& value) {
  return value.empty() ? "the value is empty" : "";
}

void add_run(CLI::App& app, const AfterDashes& after_dashes, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Run a program in a cage");
  command
      ->add_option("--bind", options->binds,
                   "Let the cage see the host's HOST at GUEST: HOST:GUEST[:ro|:rw]; repeatable")
      ->type_name("BIND")
      ->allow_extra_args(false);
  command->add_option("--root", options->root, "A host directory as the cage's root")
      ->check(not_empty)
      ->type_name("DIR");
  command
      ->add_option("--cwd", options->working_directory,
                   "The cage's working directory [/]; relative to the path of the host's")
      ->check(not_empty)
      ->type_name("DIR");
  command
      ->add_option("--env", options->environment,
                   "Set NAME=VALUE, or hand on the host's NAME; repeatable")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false);
  command
      ->add_option("--user", options->user,
                   "Whom programs take themselves for; files are used as the invoking user")
      ->check(not_empty)
      ->type_name("UID[:GID]");
  command->add_flag("--trace", options->trace, "Print system calls and signals to standard error");
  command->add_option("--trace-file", options->trace_file, "Print system calls and signals to FILE")
      ->check(not_empty)
      ->type_name("FILE");
  command->add_flag("-f,--follow", options->follow, "Trace threads and children, too");
  command->add_flag("--stats", options->statistics, "Print time, calls and memory at the end");
  CLI::Option* gdb =
      command
          ->add_option("--gdb", options->gdb,
                       "Wait for gdb at ADDRESS: :PORT (of this machine alone) or a socket's path")
          ->check(not_empty)
          ->type_name("ADDRESS");
  command
      ->add_option("--core", options->core, "Write core files for gdb as DIR/core.PID, on faults")
      ->check(not_empty)
      ->type_name("DIR");
  command->add_flag("--perf", options->perf, "Name the program's functions for perf report")
      ->excludes(gdb);
  command->add_flag("--check-leaks", options->check_leaks,
                    "Fail if anything is left of the cages after the end (for tests)");
  command->prefix_command();
  command->footer(
      "\nThen: PROGRAM [ARGS...]. PROGRAM is a ported program's name or the path of a program "
      "built with\n"
      "x86_64-cage-linux-musl-gcc. The exit code is the program's, or 128 + n after signal n.");
  command->callback([options, command, &after_dashes, &exit_code] {
    std::vector<std::string> words = command->remaining();
    if (!words.empty() && words[0][0] == '-') {
      std::fprintf(stderr, "rawposix: unknown option %s (see rawposix run --help)\n",
                   words[0].c_str());
      exit_code = kExitFailure;
      return;
    }
    // "--" ends the options, or is an argument of the program when that came first.
    if (after_dashes && !words.empty()) words.emplace_back("--");
    if (after_dashes) words.insert(words.end(), after_dashes->begin(), after_dashes->end());
    exit_code = run(*options, words);
  });
}

void add_verify(CLI::App& app, int& exit_code) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("verify", "Check whether programs may run in a cage");
  command->add_option("FILE", *files, "Programs built for cages")->required();
  command->footer(
      "\nExit code: 0 all accepted, 1 refused (the reasons are printed), 2 unreadable.");
  command->callback([files, &exit_code] { exit_code = verify(*files); });
}

void add_syscalls(CLI::App& app, int& exit_code) {
  auto markdown = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("syscalls", "List the system calls and their support level");
  command->add_flag("--markdown", *markdown, "As docs/syscalls.md");
  command->callback([markdown, &exit_code] { exit_code = list_system_calls(*markdown); });
}

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->callback([&exit_code] {
    std::printf("rawposix %s\n", version());
    exit_code = 0;
  });
}

}  // namespace

int parse_and_run(int argc, char** argv) {
  CLI::App app("Runs POSIX programs in isolated cages inside one process.", "rawposix");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("rawposix ") + version(), "Print the version");
  int exit_code = 0;
  AfterDashes after_dashes;
  char** dashes = std::find_if(argv, argv + argc,
                               [](const char* word) { return std::string_view(word) == "--"; });
  if (dashes != argv + argc) after_dashes.emplace(dashes + 1, argv + argc);
  add_run(app, after_dashes, exit_code);
  add_verify(app, exit_code);
  add_syscalls(app, exit_code);
  add_version(app, exit_code);
  const auto is_wanted = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_wanted).empty()) {
    std::fprintf(stderr, "rawposix: %s: no such command; `rawposix run PROGRAM` runs a program\n",
                 argv[1]);
    return kExitFailure;
  }
  try {
    app.parse(static_cast<int>(dashes - argv), argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream complaint;
    if (app.exit(error, out, complaint) != 0) exit_code = kExitFailure;
    std::fputs(out.str().c_str(), stdout);
    std::fputs(complaint.str().c_str(), stderr);
  }
  return exit_code;
}

}  // namespace rawposix::cli
