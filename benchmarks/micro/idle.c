/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for its input to end: a cage that is alive and does nothing. */
#include <unistd.h>

int main(void) {
  char byte;
  return read(0, &byte, 1) < 0;
}
