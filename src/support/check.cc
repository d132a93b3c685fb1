// SPDX-License-Identifier: Apache-2.0
#include "support/check.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace rawposix {

void check_failed(const char* expression, const char* file, int line) {
  char text[512];
  int length = std::snprintf(text, sizeof text, "rawposix: internal error: %s failed at %s:%d\n",
                             expression, file, line);
  if (length > 0) {
    ssize_t ignored = write(STDERR_FILENO, text, static_cast<size_t>(length));
    static_cast<void>(ignored);
  }
  std::abort();
}

}  // namespace rawposix
