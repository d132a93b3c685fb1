/* SPDX-License-Identifier: Apache-2.0 */
/* Indirect calls: a small stack machine dispatched through a table of functions, and qsort with a
   comparison function. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct machine {
  uint64_t stack[16];
  unsigned depth;
};
typedef void operation(struct machine *, uint64_t);

static void op_push(struct machine *m, uint64_t v) { m->stack[m->depth++ & 15] = v; }
static void op_add(struct machine *m, uint64_t v) {
  uint64_t a = m->stack[--m->depth & 15];
  m->stack[(m->depth - 1) & 15] += a + v;
}
static void op_xor(struct machine *m, uint64_t v) {
  uint64_t a = m->stack[--m->depth & 15];
  m->stack[(m->depth - 1) & 15] ^= a * (v | 1);
}
static void op_dup(struct machine *m, uint64_t v) {
  m->stack[m->depth & 15] = m->stack[(m->depth - 1) & 15] + v;
  m->depth++;
}
static void op_rot(struct machine *m, uint64_t v) {
  uint64_t *top = &m->stack[(m->depth - 1) & 15];
  *top = *top << (v & 31) | *top >> (64 - (v & 31 ? v & 31 : 1));
}

static operation *const table[] = {op_push, op_add, op_dup, op_xor, op_rot, op_push, op_xor, op_dup};

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

int main(void) {
  struct machine m = {{0}, 8};
  uint32_t seed = 12345;
  for (int i = 0; i < 60000000; i++) {
    seed = seed * 1664525u + 1013904223u;
    table[seed >> 29](&m, seed & 0xff);
  }
  enum { N = 1000000 };
  uint32_t *numbers = malloc(N * sizeof *numbers);
  if (!numbers) return 1;
  for (int i = 0; i < N; i++) numbers[i] = seed = seed * 1664525u + 1013904223u;
  qsort(numbers, N, sizeof *numbers, compare);
  printf("%llu %u %u\n", (unsigned long long)m.stack[m.depth & 15], numbers[0], numbers[N / 2]);
  free(numbers);
  return 0;
}
