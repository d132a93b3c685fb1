// SPDX-License-Identifier: Apache-2.0
// Directories: listing and seeking, the working directory.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

enum { kFiles = 300 };
static void *volatile bad = (void *)16;

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
  static char *names[2 * kFiles];
  int count = 0;
  DIR *directory = opendir(path);
  if (!directory) {
    printf("%s: %s\n", path, errno_name(errno));
    return;
  }
  for (struct dirent *entry; (entry = readdir(directory));) {
    char line[300];
    snprintf(line, sizeof line, "%s %d", entry->d_name, entry->d_type);
    names[count++] = strdup(line);
  }
  closedir(directory);
  qsort(names, count, sizeof names[0], by_name);
  printf("%s: %d\n", path, count);
  for (int i = 0; i < count; i++) {
    if (i < 8 || i > count - 3) printf("  %s\n", names[i]);
    free(names[i]);
  }
}

static void positions(void) {
  DIR *directory = opendir("many");
  char first[256] = "", again[256] = "";
  long start = telldir(directory);
  for (int i = 0; i < 100; i++) readdir(directory);
  long middle = telldir(directory);
  strcpy(first, readdir(directory)->d_name);
  while (readdir(directory)) {
  }
  seekdir(directory, middle);
  strcpy(again, readdir(directory)->d_name);
  printf("back to the middle: %d\n", strcmp(first, again));
  seekdir(directory, start);
  int count = 0;
  while (readdir(directory)) count++;
  printf("from the start: %d\n", count);
  rewinddir(directory);
  // Removing what was read misses nothing.
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.') continue;
    removed += unlinkat(dirfd(directory), entry->d_name, 0) == 0;
  }
  printf("removed %d\n", removed);
  closedir(directory);
}

static void raw(void) {
  char buffer[4096];
  int fd = open("few", O_RDONLY | O_DIRECTORY), file = open("few/a", O_RDONLY);
  SHOW(syscall(SYS_getdents64, fd, buffer, 10));
  SHOW(syscall(SYS_getdents64, file, buffer, sizeof buffer));
  SHOW(syscall(SYS_getdents64, 99, buffer, sizeof buffer));
  SHOW(syscall(SYS_getdents64, fd, bad, sizeof buffer));
  lseek(fd, 0, SEEK_SET);
  long size = syscall(SYS_getdents, fd, buffer, sizeof buffer);
  int names = 0, types = 0;
  for (long at = 0; at < size;) {
    unsigned short record = *(unsigned short *)(buffer + at + 16);
    names++;
    types += buffer[at + record - 1];
    at += record;
  }
  printf("old records: %d, types %d\n", names, types);
  SHOW(syscall(SYS_getdents, fd, buffer, sizeof buffer));
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(lseek(fd, -1, SEEK_SET));
  SHOW(fsync(fd));
  close(fd);
  close(file);
}

static void working_directory(const char *home) {
  char text[PATH_MAX];
  size_t prefix = strlen(home);
  mkdir("w", 0755), mkdir("w/x", 0755);
  if (symlink("w/x", "to-x")) perror("symlink");
#define WHERE()                                                         \
  do {                                                                  \
    char *at_ = getcwd(text, sizeof text);                              \
    printf("at %s\n", at_ ? text + prefix : errno_name(errno));         \
  } while (0)
  WHERE();
  SHOW(chdir("to-x"));
  WHERE();
  SHOW(chdir(".."));
  WHERE();
  SHOW(chdir("none"));
  SHOW(chdir("../few/a"));
  SHOW(chdir(""));
  int fd = open("x", O_RDONLY), file = open("../few/a", O_RDONLY);
  SHOW(fchdir(fd));
  SHOW(fchdir(file));
  SHOW(fchdir(99));
  WHERE();
  SHOW(rename("../../w", "../../v"));
  WHERE();
  SHOW(syscall(SYS_getcwd, text, 3));
  SHOW(syscall(SYS_getcwd, bad, 4096) > 0 || errno == EFAULT);
  SHOW(rmdir("../x"));
  WHERE();
  list(".");
  SHOW(open("new", O_CREAT | O_WRONLY, 0644));
  SHOW(mkdir("new", 0755));
  SHOW(chdir(".."));
  WHERE();
  SHOW(chdir(home));
  close(fd);
  close(file);
}

static void in(const char *where) {
  char home[PATH_MAX], name[32];
  if (chdir(where)) perror(where);
  getcwd(home, sizeof home);
  mkdir("few", 0755), mkdir("few/d", 0755), mkdir("many", 0755);
  close(open("few/a", O_CREAT | O_WRONLY, 0644));
  if (symlink("a", "few/l")) perror("symlink");
  for (int i = 0; i < kFiles; i++) {
    snprintf(name, sizeof name, "many/entry-number-%03d", i);
    close(open(name, O_CREAT | O_WRONLY, 0644));
  }
  list("few"), list("many"), list("few/a"), list("none");
  positions();
  raw();
  working_directory(home);
}

int main(void) {
  umask(022);
  in(".");
  mkdir("/tmp/rawposix-dir", 0755);
  in("/tmp/rawposix-dir");
  if (chdir("/tmp/rawposix-dir")) return 1;
  unlink("few/a"), unlink("few/l"), rmdir("few/d"), rmdir("few"), rmdir("many");
  unlink("to-x"), rmdir("v"), rmdir("../rawposix-dir");
  return 0;
}
