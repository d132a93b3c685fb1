/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 139
// expect-stderr: SIGSEGV
/* Unmaps its own stack in a system call and returns to it. */
#include <sys/mman.h>
int main(void) {
  char here;
  unsigned long page = (unsigned long)&here & ~4095ul;
  munmap((void *)(page - (1 << 20)), 0xfffeffff000 - 0);
  munmap((void *)(page - 65536), 65536 + 4096);
  return here;
}
