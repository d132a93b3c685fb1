/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Pages moved next to each other in the wrong order: one mapping for the cage, but Linux keeps one
   for each page, of which a process, with all its cages, has 65530. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>

enum { kPages = 70000 };

int main(void) {
  char *to = (char *)0x40000000;
  long moved = 0;
  for (long i = kPages - 1; i >= 0; i--) {
    char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) break;
    *page = 1;
    if (mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, to + i * 4096) == MAP_FAILED) break;
    moved++;
  }
  printf("%ld moved\n", moved);
  /* The last few, each with a hole before it; and again. Nobody else is to suffer. */
  for (int round = 0; round < 2; round++) {
    for (long i = 0; i < 100; i++) {
      char *at = (char *)0x30000000 + i * 8192;
      mmap(at, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    }
  }
  return 0;
}
