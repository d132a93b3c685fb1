/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Linux rounds mappings of files with huge pages up to such pages, whatever was asked for: more of
   the slot would change than the cage's bookkeeping knows, its guard included. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
  char *at = (char *)0x70000000;
  for (unsigned size = 0; size < 64; size++) {
    int fd = memfd_create("huge", 4 /* MFD_HUGETLB */ | size << 26);
    if (fd < 0) continue;
    if (ftruncate(fd, 1 << 21) != 0) return 1;
    char *next = mmap(at + 4096, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (next != at + 4096) return 2;
    *next = 1;
    mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0);
    if (*(volatile char *)next != 1) return 3;
    close(fd);
  }
  return 0;
}
