/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Memory of the host's by files in memory, of every kind and size, and their names; each ends with
   ENOSPC, and when they are gone there is room again. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMost = 1000000, kFiles = 60 };

static int failed(const char *what, long i) {
  printf("%s: %ld, errno %d\n", what, i, errno);
  return 1;
}

/* More than any machine has, in parts that take no time. */
static int by_size(void) {
  for (long i = 0; i < kMost; i++) {
    char name[32];
    snprintf(name, sizeof name, "/tmp/large%ld", i);
    int fd = open(name, O_CREAT | O_RDWR, 0600);
    if (fd < 0) return failed("open", i);
    int full = ftruncate(fd, 1L << 30) != 0;
    if (full && errno != ENOSPC) return failed("ftruncate", i);
    close(fd);
    if (full) break;
    if (i > 1000) return failed("no end of large files", i);
  }
  if (symlink("x", "/tmp/link") != 0) return failed("a link takes no page", 0);
  /* What is left, by mapped memory. */
  int fd = memfd_create("m", 0);
  if (fd < 0 || (ftruncate(fd, 1L << 40) == 0 || errno != ENOSPC)) return failed("memfd", 0);
  if (fallocate(fd, 0, 0, 1L << 40) == 0 || errno != ENOSPC) return failed("fallocate", 0);
  if (pwrite(fd, "x", 1, 1L << 40) == 1 || errno != ENOSPC) return failed("pwrite", 0);
  close(fd);
  for (long i = 0; i < 1000; i++) {
    char name[32];
    snprintf(name, sizeof name, "/tmp/large%ld", i);
    unlink(name);
  }
  fd = open("/tmp/again", O_CREAT | O_RDWR, 0600);
  return ftruncate(fd, 1 << 20) == 0 ? 0 : failed("still full", 0);
}

static int by_number(void) {
  long i = 0;
  for (; i < kMost; i++) {
    char name[300];
    memset(name, 'n', sizeof name);
    snprintf(name, sizeof name, "/tmp/%0240ld", i);
    if (i % 3 == 0 ? mkdir(name, 0700) : i % 3 == 1 ? symlink("x", name) : link("/tmp/again", name)) {
      if (errno != ENOSPC) return failed("name", i);
      break;
    }
  }
  if (i == kMost) return failed("no end of names", i);
  if (open("/tmp/one more", O_CREAT | O_RDWR, 0600) >= 0 || errno != ENOSPC) {
    return failed("one more", i);
  }
  return 0;
}

int main(void) { return by_size() || by_number(); }
