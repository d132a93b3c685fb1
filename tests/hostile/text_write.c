/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 139
// expect-stderr: SIGSEGV
/* Every way to make its code writable or other code executable; then a plain store to it. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(void) {
  unsigned long page = (unsigned long)main & ~4095ul;
  void *text = (void *)page;
  void *data = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mprotect(text, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0) return 1;
  if (mprotect(text, 4096, PROT_READ | PROT_WRITE) == 0) return 2;
  if (mprotect(data, 4096, PROT_READ | PROT_EXEC) == 0) return 3;
  if (mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) return 4;
  if (mmap(text, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
           -1, 0) != MAP_FAILED) return 5;
  if (mremap(text, 4096, 8192, MREMAP_MAYMOVE) != MAP_FAILED) return 6;
  if (mremap(data, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, text) == text) {
    /* Allowed: the code is gone and plain data lies there. Running on means a fault. */
    *(volatile char *)text = 1;
    abort();
  }
  madvise(text, 4096, MADV_DONTNEED);
  *(volatile char *)text = 0;
  return 0;
}
