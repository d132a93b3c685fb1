// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

int main(void) {
  char buffer[4096];
  ssize_t count;
  while ((count = read(0, buffer, sizeof buffer)) > 0) {
    if (write(1, buffer, (size_t)count) != count) return 1;
  }
  return count < 0;
}
