// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/startup_memory.h"

int main(int argc, char** argv) {
#ifdef RAWPOSIX_STARTUP_MEMORY
  rawposix::cli::populate_startup_memory();
#endif
  // A program without options has nothing to parse; setting up the parser would take longer than
  // running a small one.
  if (argc >= 3 && std::string_view(argv[1]) == "run" && argv[2][0] != '-') {
    return rawposix::cli::run({}, std::vector<std::string>(argv + 2, argv + argc));
  }
  const int exit_code = rawposix::cli::parse_and_run(argc, argv);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  std::fprintf(stderr, "rawposix: standard output: %s\n", std::strerror(errno));
  return exit_code == 0 ? rawposix::cli::kExitFailure : exit_code;
}
