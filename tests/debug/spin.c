// SPDX-License-Identifier: Apache-2.0
// Spends nearly all of its time in one function.
#include <stdio.h>

__attribute__((noinline)) static unsigned hot_function(unsigned hash, unsigned word) {
  for (int i = 0; i < 20; i++) hash = (hash ^ word) * 16777619u + (hash >> 13);
  return hash;
}

int main(void) {
  unsigned hash = 1;
  for (unsigned i = 0; i < 20000000; i++) hash = hot_function(hash, i);
  printf("%u\n", hash);
  return 0;
}
