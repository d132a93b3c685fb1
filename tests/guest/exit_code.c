/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 44
// args: one "two three" $x
/* Exit codes are cut to a byte; handlers run; standard input is what was given. */
// stdin: some input
#include <stdio.h>
#include <stdlib.h>

static void last(void) { puts("at exit"); }

int main(int argc, char **argv) {
  atexit(last);
  for (int i = 1; i < argc; i++) puts(argv[i]);
  for (int c; (c = getchar()) != EOF;) putchar(c);
  putchar('\n');
  exit(300);
}
