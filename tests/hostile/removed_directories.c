/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Directories that are all removed and hold each other: the last one let go frees all. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kDepth = 200000 };

int main(void) {
  if (mkdir("/tmp/top", 0700) != 0 || chdir("/tmp/top") != 0) return 1;
  int at = open(".", O_RDONLY);
  for (int i = 0; i < kDepth; i++) {
    if (mkdirat(at, "d", 0700) != 0) return 2;
    int next = openat(at, "d", O_RDONLY);
    if (next < 0) return 3;
    close(at);
    at = next;
  }
  if (fchdir(at) != 0) return 4;
  for (int i = 0; i < kDepth; i++) {
    int above = openat(at, "..", O_RDONLY);
    if (above < 0 || unlinkat(above, "d", AT_REMOVEDIR) != 0) return 5;
    close(at);
    at = above;
  }
  close(at);
  chdir("/");
  return 0;
}
