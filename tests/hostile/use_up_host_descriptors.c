/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Files of the host's that stay open though no descriptor refers to them: a mapping keeps its file.
   The process must keep enough for itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kMost = 2000000 };

int main(void) {
  char *at = (char *)0x30000000;
  int fd = open("file", O_CREAT | O_RDWR, 0600);
  if (fd < 0 || ftruncate(fd, 4096)) return 2;
  close(fd);
  for (int round = 0; round < 2; round++) {
    long i = 0;
    for (; i < kMost; i++) {
      fd = open("file", O_RDONLY);
      if (fd < 0) break;
      void *page = mmap(at + i * 4096, 4096, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
      close(fd);
      if (page == MAP_FAILED) break;
    }
    if (i == kMost || (errno != ENFILE && errno != ENOMEM)) {
      printf("%ld files mapped, errno %d\n", i, errno);
      return 1;
    }
    munmap(at, i * 4096);
    fd = open("file", O_RDWR);
    if (fd < 0) return 3;
    close(fd);
  }
  return 0;
}
