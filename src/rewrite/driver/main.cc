// SPDX-License-Identifier: Apache-2.0
// rawposix-as: GNU as for cages.
#include <cstdio>
#include <string>
#include <vector>

#include "rewrite/driver/assemble.h"

int main(int argc, char** argv) {
  namespace rewrite = rawposix::rewrite;
  const auto options = rewrite::parse_options(std::vector<std::string>(argv + 1, argv + argc));
  if (!options.ok()) {
    std::fprintf(stderr, "as: %s\n", options.error().reason.c_str());
    return 1;
  }
  return rewrite::assemble(options.value());
}
