/* SPDX-License-Identifier: Apache-2.0 */
/* Call-heavy recursion: Fibonacci, Ackermann, Tak; stresses calls and returns. */
#include <stdio.h>

static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static unsigned ack(unsigned m, unsigned n) {
  if (m == 0) return n + 1;
  if (n == 0) return ack(m - 1, 1);
  return ack(m - 1, ack(m, n - 1));
}

static int tak(int x, int y, int z) {
  return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

int main(void) {
  unsigned (*volatile fib_at)(unsigned) = fib;
  unsigned (*volatile ack_at)(unsigned, unsigned) = ack;
  int (*volatile tak_at)(int, int, int) = tak;
  printf("%u %u %d\n", fib_at(42), ack_at(3, 10), tak_at(24, 16, 8));
  return 0;
}
