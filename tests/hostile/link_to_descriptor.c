/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* A name in /dev/fd stands for an open file, not for a name of one: linking to it must not confuse
   the embedded file system about what kind of thing it has. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  int fd = open("/tmp/file", O_CREAT | O_RDWR, 0600);
  char name[32];
  struct stat status;
  if (fd < 0) return 1;
  snprintf(name, sizeof name, "/dev/fd/%d", fd);
  for (int i = 0; i < 100; i++) {
    char other[32];
    snprintf(other, sizeof other, "/tmp/other%d", i);
    int linked = i % 2 == 0 ? link(name, other)
                            : linkat(AT_FDCWD, name, AT_FDCWD, other, AT_SYMLINK_FOLLOW);
    if (linked == 0 && (stat(other, &status) != 0 || !S_ISREG(status.st_mode))) return 2;
    if (linked == 0) unlink(other);
  }
  return 0;
}
