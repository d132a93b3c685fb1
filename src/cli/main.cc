// SPDX-License-Identifier: Apache-2.0
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
  return rawposix::cli::parse_and_run(argc, argv);
}
