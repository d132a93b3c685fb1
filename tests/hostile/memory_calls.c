/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Memory calls with random ranges away from what this program itself needs; ends when the number of
   mappings or its patience does. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t state = 88172645463325252;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

/* Between 1 and 3 GiB nothing of ours lies; past 4 GiB it is no address at all. */
static uint64_t address(void) {
  uint64_t at = 0x40000000 + next() % 0x80000000;
  if (next() % 8 == 0) at += next() << 32;
  return next() % 4 ? at & ~4095ull : at;
}
static uint64_t size(void) { return next() % 8 ? next() % (1 << 20) : next() >> (next() % 64); }

int main(void) {
  for (int round = 0; round < 60000; round++) {
    uint64_t at = address(), length = size();
    if (at < 0x100000000 && length > 0x80000000 && next() % 2) length = 4096;
    switch (next() % 6) {
      case 0:
        syscall(SYS_mmap, at, length, next() % 16, MAP_ANONYMOUS | MAP_PRIVATE | (next() & 0x3f0130),
                -1, 0);
        break;
      case 1:
        if (at + length < 0xc0000000) syscall(SYS_munmap, at, length);
        break;
      case 2:
        if (at + length < 0xc0000000) syscall(SYS_mprotect, at, length, next() % 8);
        break;
      case 3:
        syscall(SYS_mremap, at, length % (1 << 22), size() % (1 << 24), next() % 2 ? 1 : 0, 0);
        break;
      case 4:
        if (at + length < 0xc0000000) syscall(SYS_madvise, at, length, next() % 30);
        break;
      default:
        syscall(SYS_mincore, at, length, address());
        syscall(SYS_msync, at, length, next() % 8);
        break;
    }
  }
  puts("still here");
  return 0;
}
