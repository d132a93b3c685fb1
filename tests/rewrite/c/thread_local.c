// SPDX-License-Identifier: Apache-2.0
// Thread-local variables in every model, and through %fs itself.
extern __thread int shared;
static __thread int mine;
static __thread long more[20];
__thread char exported[64];

int read_all(int i) { return shared + mine + (int)more[i] + exported[i]; }
int* address_of(int which) { return which == 0 ? &shared : which == 1 ? &mine : (int*)&exported; }
void write_all(int i, long value) {
  shared = (int)value;
  mine += 3;
  more[i] = value;
  exported[i] ^= (char)value;
}
unsigned long self(void) {
  unsigned long value;
  __asm__("movq %%fs:0, %0" : "=r"(value));
  return value;
}
unsigned long field(long i) {
  unsigned long value;
  __asm__("movq %%fs:8(,%1,8), %0" : "=r"(value) : "r"(i));
  return value;
}
