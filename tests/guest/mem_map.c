/* SPDX-License-Identifier: Apache-2.0 */
/* mmap, munmap, mprotect, mremap, madvise, msync, mincore, mlock, brk: normal use and errors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

#define PAGE 4096ul

static char *fresh(size_t pages) {
  return mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void errors(void) {
  char *at = fresh(4);
  char *high = (char *)0x7ffffffff000;
  SHOW_OK(mmap(0, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW_OK(mmap(0, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
  SHOW_OK(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
  SHOW_OK(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, 77, 0));
  SHOW_OK(syscall(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 17));
  SHOW_OK(mmap(at + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  SHOW_OK(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
  SHOW_OK(mmap(0, ~0ul, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW_OK(mmap(0, 1ul << 47, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SHOW_OK(munmap(at, 0));
  SHOW_OK(munmap(at + 1, PAGE));
  SHOW_OK(munmap(high, ~0ul - PAGE));
  SHOW_OK(mprotect(at + 1, PAGE, PROT_READ));
  SHOW_OK(mprotect(at, 0, PROT_READ));
  SHOW_OK(mprotect(at, PAGE, 0x100));
  SHOW_OK(munmap(at + 2 * PAGE, PAGE));
  SHOW_OK(mprotect(at, 4 * PAGE, PROT_READ));
  SHOW_OK(madvise(at + 1, PAGE, MADV_DONTNEED));
  SHOW_OK(madvise(at, PAGE, 12345));
  SHOW_OK(madvise(at, 4 * PAGE, MADV_DONTNEED));
  SHOW_OK(msync(at, PAGE, MS_SYNC | MS_ASYNC));
  SHOW_OK(msync(at, PAGE, 64));
  SHOW_OK(msync(at, 4 * PAGE, MS_SYNC));
  unsigned char states[4];
  SHOW_OK(mincore(at + 1, PAGE, states));
  SHOW_OK(mincore(at, 4 * PAGE, states));
  SHOW_OK(mincore(at, PAGE, (unsigned char *)8));
  SHOW_OK(mremap(at + 1, PAGE, PAGE, 0));
  SHOW_OK(mremap(at, PAGE, 0, 0));
  SHOW_OK(mremap(at, PAGE, PAGE, 64));
  SHOW_OK(mremap(at + 2 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
  SHOW_OK(mlock(at + 2 * PAGE, PAGE));
  SHOW_OK(munlock(at + 2 * PAGE, PAGE));
  munmap(at, 4 * PAGE);
}

static void content(void) {
  char *at = fresh(8);
  for (int i = 0; i < 8; i++) at[i * PAGE] = (char)('a' + i);
  /* Of the same size, where the host's mappings may have an edge or not. */
  SHOW(mremap(at, PAGE, PAGE, 0) == at);
  SHOW(mprotect(at + PAGE, PAGE, PROT_READ));
  SHOW(mprotect(at + PAGE, PAGE, PROT_READ | PROT_WRITE));
  SHOW(mremap(at, PAGE, PAGE, 0) == at);
  SHOW(mremap(at + PAGE, PAGE, PAGE, MREMAP_MAYMOVE) == at + PAGE);
  SHOW(mremap(at, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE) == at);
  char *grown = mremap(at, 8 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
  printf("grown: %c%c%c, new pages %d\n", grown[0], grown[3 * PAGE], grown[7 * PAGE],
         grown[599 * PAGE]);
  char *small = mremap(grown, 600 * PAGE, 2 * PAGE, 0);
  printf("shrunk in place: %d, %c%c\n", small == grown, small[0], small[PAGE]);
  char *target = fresh(4);
  char *moved = mremap(small, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target);
  printf("moved: %d %c%c\n", moved == target, moved[0], moved[PAGE]);
  SHOW_OK(madvise(moved, PAGE, MADV_DONTNEED));
  printf("dropped: %d, kept: %c\n", moved[0], moved[PAGE]);
  SHOW_OK(mprotect(moved, PAGE, PROT_NONE));
  printf("write from a page without access: %zd %s\n", write(1, moved, 1), errno_name(errno));
  munmap(target, 4 * PAGE);
}

static void files(void) {
  int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0644);
  char block[3 * PAGE];
  memset(block, 'x', sizeof block);
  SHOW(write(fd, block, sizeof block - 100));
  char *shared = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  char *private = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  char *offset = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
  shared[0] = 'S';
  private[1] = 'P';
  shared[2 * PAGE] = 'O';
  printf("%c%c %c %c, tail %d\n", private[0], shared[1], private[1], offset[0], shared[3 * PAGE - 1]);
  SHOW_OK(msync(shared, 3 * PAGE, MS_SYNC));
  char first[3] = {0};
  SHOW(pread(fd, first, 2, 0));
  printf("file: %s\n", first);
  int readonly = open("mapped", O_RDONLY);
  SHOW_OK(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, readonly, 0));
  SHOW_OK(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, readonly, 0));
  char *view = mmap(0, PAGE, PROT_READ, MAP_SHARED, readonly, 0);
  SHOW_OK(mprotect(view, PAGE, PROT_READ | PROT_WRITE));
  int writeonly = open("mapped", O_WRONLY);
  SHOW_OK(mmap(0, PAGE, PROT_READ, MAP_SHARED, writeonly, 0));
  int directory = open(".", O_RDONLY);
  SHOW_OK(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, directory, 0));
  close(fd);
  close(readonly);
  shared[1] = 'T'; /* mappings outlive descriptors */
  printf("after close: %c\n", shared[1]);
  SHOW_OK(ftruncate(writeonly, 0));
  /* Beyond the end of the file now: a system call that touches it says EFAULT. */
  printf("beyond the end: %zd %s\n", write(1, shared, 1), errno_name(errno));
}

static void heap(void) {
  char *start = (char *)syscall(SYS_brk, 0);
  SHOW_OK(syscall(SYS_brk, start + 10 * PAGE) != (long)(start + 10 * PAGE));
  start[10 * PAGE - 1] = 7;
  printf("grown by %ld\n", (long)((char *)syscall(SYS_brk, 0) - start));
  SHOW_OK(syscall(SYS_brk, start + PAGE) != (long)(start + PAGE));
  SHOW_OK(syscall(SYS_brk, start + 10 * PAGE) != (long)(start + 10 * PAGE));
  printf("fresh again: %d\n", start[10 * PAGE - 1]);
  printf("too much: %d\n", (char *)syscall(SYS_brk, ~0ul) == start + 10 * PAGE);
}

int main(void) {
  errors();
  content();
  files();
  heap();
  return 0;
}
