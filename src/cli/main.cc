// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

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

int main(int argc, char** argv) {
  CLI::App app("Runs POSIX programs in isolated cages inside one process.", "rawposix");
  app.footer(kExamples);
  app.require_subcommand(1);
  int exit_code = 0;
  add_run(app, exit_code);
  add_verify(app, exit_code);
  add_syscalls(app, exit_code);
  add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    StandardStreams streams;
    return app.exit(error) == 0 ? 0 : kExitFailure;
  }
  return exit_code;
}

}  // namespace

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->callback(
      [&exit_code] { exit_code = std::printf("rawposix %s\n", version()) < 0 ? kExitFailure : 0; });
}

}  // namespace rawposix::cli

int main(int argc, char** argv) { return rawposix::cli::main(argc, argv); }
