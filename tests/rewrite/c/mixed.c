// SPDX-License-Identifier: Apache-2.0
// Shapes of code that compilers make of C: switches, calls of every kind, frames of every size,
// bit fields, structures by value, variable arguments.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern int external(int, ...);
extern int (*handlers[])(int);
extern int external_value;
static int (*local_handler)(int);

struct big {
  long values[100];
};
struct bits {
  unsigned a : 3, b : 12, c : 17;
};

int dense_switch(int kind, int x) {
  switch (kind) {
    case 0: return external(x);
    case 1: return x * 3;
    case 2: return external(x, 2) + 1;
    case 3: return x / 7;
    case 4: return handlers[x](kind);
    case 5: return local_handler(x);
    case 6: return x % 10;
    case 7: external(1); return 12;
    default: return -1;
  }
}

int strings(char* to, const char* from, size_t size) {
  char local[300];
  memset(local, 0, sizeof local);
  memcpy(to, from, size);
  memcpy(local, from, 299);
  return external(0, local, strlen(from), strcmp(to, from));
}

struct big by_value(struct big a, int n) {
  struct big result = a;
  for (int i = 0; i < n && i < 100; ++i) result.values[i] += a.values[99 - i];
  return result;
}

int huge_frame(int n) {
  volatile char room[100000];
  room[n] = 1;
  room[99999 - n] = 2;
  return room[n / 2] + external(n);
}

int variable_frame(int n) {
  char room[n];
  char* more = __builtin_alloca(n * 2);
  external(n, room, more);
  return room[n - 1] + more[0];
}

int sum(int count, ...) {
  va_list list;
  va_start(list, count);
  double total = 0;
  for (int i = 0; i < count; ++i) total += i % 2 ? va_arg(list, double) : va_arg(list, int);
  va_end(list);
  return (int)total;
}

unsigned bit_fields(struct bits* b, unsigned x) {
  b->a = x;
  b->b += x;
  b->c ^= x;
  return __builtin_popcount(x) + __builtin_ctz(x | 1) + __builtin_clz(x | 1);
}

long double x87(long double x, int n) {
  while (n-- > 0) x = x * x + 1.5L / (x - n);
  return __builtin_sqrtl(x) + (long double)(unsigned long)n + (int)x;
}

double floating(const double* values, int n) {
  double total = 0;
  for (int i = 0; i < n; ++i) total += values[i] * values[n - i] > 0.5 ? values[i] : -total;
  return total;
}

void vectors(float* restrict a, const float* restrict b, const int* restrict index, int n) {
  for (int i = 0; i < n; ++i) a[i] = b[index[i]] * 2 + a[i];
}

void scatter(double* restrict a, const double* restrict b, const int* restrict index, int n) {
  for (int i = 0; i < n; ++i) {
    if (b[i] > 0) a[index[i]] = b[i];
  }
}

static jmp_buf buffer;
int jumps(int n) {
  if (setjmp(buffer) == 0) longjmp(buffer, n);
  return external(n);
}

int computed(const unsigned char* code) {
  static const void* const labels[] = {&&add, &&sub, &&mul, &&stop};
  int value = 0;
  goto* labels[*code++];
add:
  value += *code++;
  goto* labels[*code++];
sub:
  value -= *code++;
  goto* labels[*code++];
mul:
  value *= *code++;
  goto* labels[*code++];
stop:
  return value;
}

int relative(const unsigned char* code) {
  static const int offsets[] = {&&one - &&one, &&two - &&one, &&done - &&one};
  int value = 0;
  goto*(&&one + offsets[*code++]);
one:
  value += 1;
  goto*(&&one + offsets[*code++]);
two:
  value += 2;
  goto*(&&one + offsets[*code++]);
done:
  return value;
}

int atomics(int* p, long* q, __int128* r) {
  __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST);
  __sync_bool_compare_and_swap(q, 1, 2);
  __atomic_exchange_n(p, 3, __ATOMIC_ACQ_REL);
  __atomic_or_fetch(q, 1L << 40, __ATOMIC_RELAXED);
  *r = *r * 3 + *p;
  return (int)(*r >> 64);
}

int recursive(int n) { return n < 2 ? n : recursive(n - 1) + recursive(n - 2); }

int nested(int n) {
  int inner(int m) { return m + n; }
  return inner(3) + external_value;
}

__attribute__((noinline)) static int tail(int x) { return external(x + 1); }
int tails(int x) { return x > 3 ? tail(x) : local_handler(x); }
__attribute__((weak)) int weak_here(int x) { return x; }
extern int weak_there(int) __attribute__((weak));
int weak_calls(int x) { return weak_there ? weak_there(weak_here(x)) : 0; }
void set_handler(int (*handler)(int)) { local_handler = handler ? handler : recursive; }
_Noreturn void fatal(int x) {
  external(x);
  __builtin_trap();
}
