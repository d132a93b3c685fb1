/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 139
// expect-stderr: SIGSEGV
/* Unmaps its own code in a system call. */
#include <sys/mman.h>
int main(void) {
  munmap((void *)((unsigned long)main & ~0xffffful), 64 << 20);
  return 0;
}
