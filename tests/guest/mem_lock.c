// SPDX-License-Identifier: Apache-2.0
// mlock, mlock2, munlock, mlockall, munlockall: normal use, limits and errors.
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "test.h"

#define PAGE 4096ul
#define ONFAULT 1 /* MLOCK_ONFAULT */

static char *fresh(size_t pages) {
  return mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void limit(size_t bytes) {
  struct rlimit limit;
  getrlimit(RLIMIT_MEMLOCK, &limit);
  limit.rlim_cur = bytes;
  if (setrlimit(RLIMIT_MEMLOCK, &limit)) perror("setrlimit");
}

static int resident(char *at) {
  unsigned char state = 0;
  mincore(at, PAGE, &state);
  return state & 1;
}

static void ranges(void) {
  char *at = fresh(8);
  munmap(at + 4 * PAGE, PAGE);
  SHOW(syscall(SYS_mlock2, at, 2 * PAGE, 0));
  printf("there: %d%d%d\n", resident(at), resident(at + PAGE), resident(at + 2 * PAGE));
  SHOW(syscall(SYS_mlock2, at + 2 * PAGE, PAGE, ONFAULT));
  printf("on demand: %d\n", resident(at + 2 * PAGE));
  SHOW(syscall(SYS_mlock2, at + 17, 1, 0));
  SHOW(syscall(SYS_mlock2, at, 0, 0));
  SHOW(syscall(SYS_mlock2, at, PAGE, 2));
  SHOW(syscall(SYS_mlock2, at, PAGE, -1));
  SHOW(syscall(SYS_mlock2, at, 8 * PAGE, 0));
  SHOW(syscall(SYS_mlock2, at + 4 * PAGE, PAGE, 0));
  SHOW(syscall(SYS_mlock2, at, ~0ul, 0));
  SHOW(syscall(SYS_mlock2, 8, 8, 0));
  SHOW(mlock(at, PAGE));
  SHOW(munlock(at, 4 * PAGE));
  SHOW(munlock(at, 8 * PAGE));
  SHOW(munlock(at, ~0ul));
  /* Locked memory is told apart by what may drop it. */
  SHOW(syscall(SYS_mlock2, at, PAGE, 0));
  SHOW(madvise(at, PAGE, MADV_DONTNEED));
  SHOW(munlock(at, PAGE));
  SHOW(madvise(at, PAGE, MADV_DONTNEED));
  munmap(at, 8 * PAGE);
}

static void everything(void) {
  for (int flags = 0; flags < 9; flags++) {
    SHOW(syscall(SYS_mlockall, flags));
    SHOW(munlockall());
  }
  SHOW(syscall(SYS_mlockall, -1));
  SHOW(mlockall(MCL_FUTURE));
  char *at = fresh(4);
  printf("there: %d%d\n", resident(at), resident(at + 3 * PAGE));
  SHOW(munlockall());
  munmap(at, 4 * PAGE);
  at = fresh(1);
  printf("on demand: %d\n", resident(at));
  munmap(at, PAGE);
  SHOW(syscall(SYS_munlockall));
}

static void limits(void) {
  char *at = fresh(32);
  limit(16 * PAGE);
  SHOW(syscall(SYS_mlock2, at, 16 * PAGE, 0));
  SHOW(syscall(SYS_mlock2, at + 16 * PAGE, PAGE, ONFAULT));
  SHOW(mlock(at + 16 * PAGE, PAGE));
  SHOW(mlock(at, 16 * PAGE)); /* what is locked counts once */
  SHOW(munlock(at, 8 * PAGE));
  SHOW(mlock(at + 16 * PAGE, PAGE));
  SHOW(munlockall());
  SHOW(mlockall(MCL_CURRENT));
  SHOW(mlockall(MCL_CURRENT | MCL_FUTURE));
  SHOW(mlockall(MCL_FUTURE));
  SHOW_OK(mmap(0, 64 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW_OK(mmap(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW(munlockall());
  limit(0);
  SHOW(mlock(at, PAGE));
  SHOW(syscall(SYS_mlock2, at, PAGE, ONFAULT));
  SHOW(mlockall(MCL_CURRENT));
  SHOW(mlockall(MCL_FUTURE));
  SHOW(munlock(at, PAGE));
  SHOW(munlockall());
}

int main(void) {
  drop_capability(CAP_IPC_LOCK);
  struct rlimit limit = {4 << 20, 4 << 20};
  SHOW(setrlimit(RLIMIT_MEMLOCK, &limit));
  ranges();
  everything();
  limits();
  return 0;
}
