// SPDX-License-Identifier: Apache-2.0
// fchmodat2(2).
// kernel: 6.6
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>

#include "test.h"

#ifndef SYS_fchmodat2 /* newer than musl 1.2.3 */
#define SYS_fchmodat2 452
#endif

static void *volatile bad = (void *)16;

static long chmod_at(int directory, const char *path, int mode, int flags) {
  return syscall(SYS_fchmodat2, directory, path, mode, flags);
}

static void show(const char *path) {
  struct stat s;
  printf("%s: %o\n", path, lstat(path, &s) ? 0 : s.st_mode);
}

static void modes(void) {
  char name[300];
  memset(name, 'n', sizeof name - 1), name[sizeof name - 1] = 0;
  if (mkdir("d", 0755) || symlink("f", "s") || symlink("loop", "loop")) perror("prepare");
  close(open("f", O_CREAT | O_WRONLY, 0644));
  int at = open("d", O_RDONLY | O_DIRECTORY), file = open("f", O_RDONLY), path = open("f", O_PATH);
  SHOW(chmod_at(at, "../f", 0604, 0));
  show("f");
  SHOW(chmod_at(at, "../s", 0641, 0)); /* follows */
  show("f"), show("s");
  SHOW(chmod_at(at, "../f", 0642, AT_SYMLINK_NOFOLLOW));
  show("f");
  SHOW(chmod_at(at, "../s", 0600, AT_SYMLINK_NOFOLLOW));
  show("f"), show("s");
  SHOW(chmod_at(file, "", 0643, AT_EMPTY_PATH));
  show("f");
  SHOW(chmod_at(path, "", 0640, AT_EMPTY_PATH));
  show("f");
  SHOW(chmod_at(at, "", 0711, AT_EMPTY_PATH));
  show("d");
  SHOW(chmod_at(AT_FDCWD, "f", 01230567, 0));
  show("f");
  SHOW(chmod_at(file, "", 0643, 0));
  SHOW(chmod_at(at, "none", 0600, 0));
  SHOW(chmod_at(at, "../f/x", 0600, 0));
  SHOW(chmod_at(at, "../loop", 0600, 0));
  SHOW(chmod_at(at, name, 0600, 0));
  SHOW(chmod_at(at, bad, 0600, 0));
  SHOW(chmod_at(99, "f", 0600, 0));
  SHOW(chmod_at(file, "f", 0600, 0));
  SHOW(chmod_at(AT_FDCWD, "f", 0600, AT_SYMLINK_FOLLOW));
  SHOW(chmod_at(AT_FDCWD, "f", 0600, -1));
  show("f");
  close(at), close(file), close(path);
}

int main(void) {
  umask(022);
  modes();
  /* In the cage a file system of its own. */
  mkdir("/tmp/rawposix-chmod", 0755);
  if (chdir("/tmp/rawposix-chmod")) perror("chdir");
  modes();
  unlink("f"), unlink("s"), unlink("loop"), rmdir("d"), rmdir("/tmp/rawposix-chmod");
  return 0;
}
