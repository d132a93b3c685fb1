/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin: turns its input to upper case. It has a bug: '!' makes it follow a wild pointer. */
#include <ctype.h>
#include <stdio.h>

int main(void) {
  for (int c; (c = getchar()) != EOF;) {
    if (c == '!') *(volatile int *)16 = 0;
    putchar(toupper(c));
  }
  return 0;
}
