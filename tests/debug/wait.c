// SPDX-License-Identifier: Apache-2.0
// Waits for a byte, and says what it got.
#include <stdio.h>
#include <unistd.h>

__attribute__((noinline)) static void wait_for_byte(void) {
  char byte = 0;
  printf("read %zd\n", read(0, &byte, 1));
}

int main(void) {
  wait_for_byte();
  return 3;
}
