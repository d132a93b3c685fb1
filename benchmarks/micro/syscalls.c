/* SPDX-License-Identifier: Apache-2.0 */
/* Prints "name nanoseconds" of simple system calls, by the C library's own functions. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

#define MEASURE(name, rounds, call)                                     \
  do {                                                                  \
    double best = 1e300;                                                \
    for (int batch = 0; batch < 5; batch++) {                           \
      double start = now();                                             \
      for (int i = 0; i < (rounds); i++) call;                          \
      double each = (now() - start) / (rounds);                         \
      if (each < best) best = each;                                     \
    }                                                                   \
    printf("%s %.1f\n", name, best);                                    \
  } while (0)

int main(int argc, char **argv) {
  char block[4096] = {0};
  int zero = open("/dev/zero", O_RDONLY);
  MEASURE("getppid", 200000, getppid());
  MEASURE("getppid_raw", 200000, syscall(SYS_getppid));
  MEASURE("close_bad", 200000, close(-1));
  MEASURE("lseek", 100000, lseek(zero, 0, SEEK_CUR));
  MEASURE("read_1", 100000, read(zero, block, 1));
  if (argc > 1) {
    int file = open(argv[1], O_RDONLY);
    if (file < 0) {
      perror(argv[1]);
      return 1;
    }
    MEASURE("pread_4k", 100000, pread(file, block, sizeof block, 0));
    MEASURE("open_close", 20000, close(open(argv[1], O_RDONLY)));
  }
  struct timespec t;
  MEASURE("clock_gettime", 200000, clock_gettime(CLOCK_MONOTONIC, &t));
  MEASURE("mmap_munmap_64k", 10000, munmap(mmap(0, 65536, PROT_READ | PROT_WRITE,
                                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 65536));
  return 0;
}
