// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <unistd.h>

int main(int count, char** arguments) {
  unsigned left = count > 1 ? (unsigned)atoi(arguments[1]) : 1;
  while (left > 0) left = sleep(left);
  return 0;
}
