// SPDX-License-Identifier: Apache-2.0
// open(2), creat(2), close(2) and what O_* make of a file.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static void make(const char *path, const char *text) {
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) perror(path);
  close(fd);
}

static void show_text(const char *path) {
  char text[64] = "";
  int fd = open(path, O_RDONLY);
  ssize_t size = read(fd, text, sizeof text - 1);
  printf("%s has %zd: %s\n", path, size, text);
  close(fd);
}

static void errors(void) {
  static char long_name[300], long_path[5000];
  memset(long_name, 'n', sizeof long_name - 1);
  memset(long_path, '/', sizeof long_path - 1);
  SHOW(open("", O_RDONLY));
  SHOW(open("none", O_RDONLY));
  SHOW(open("none/none", O_RDONLY | O_CREAT, 0644));
  SHOW(open("file/none", O_RDONLY));
  SHOW(open("file/", O_RDONLY));
  SHOW(open("file", O_RDONLY | O_DIRECTORY));
  SHOW(open("file", O_RDWR | O_CREAT | O_EXCL, 0644));
  SHOW(open("dir", O_WRONLY));
  SHOW(open("dir", O_RDWR));
  SHOW(open("dir", O_RDONLY | O_CREAT, 0644));
  SHOW(open("dir", O_RDONLY | O_TRUNC));
  SHOW(open("new/", O_WRONLY | O_CREAT, 0644));
  SHOW(open("link", O_RDONLY | O_NOFOLLOW));
  SHOW(open("loop", O_RDONLY));
  SHOW(open("dangling", O_RDONLY));
  SHOW(open("dangling", O_WRONLY | O_CREAT | O_EXCL, 0644));
  SHOW(open(long_name, O_RDONLY));
  SHOW(open(long_name, O_WRONLY | O_CREAT, 0644));
  SHOW(open(long_path, O_RDONLY));
  SHOW(open((char *)16, O_RDONLY));
  SHOW(open("file", O_TMPFILE | O_RDWR, 0600));
  SHOW(open("dir", O_TMPFILE | O_RDONLY, 0600));
  SHOW(openat(99, "file", O_RDONLY));
  SHOW(openat(-5, "file", O_RDONLY));
  SHOW(close(-1));
  SHOW(close(99));
}

static void directories(void) {
  int dir = open("dir", O_RDONLY | O_DIRECTORY);
  int file = open("file", O_RDONLY);
  int path = open("dir", O_PATH);
  SHOW_OK(openat(dir, "inside", O_CREAT | O_WRONLY, 0644));
  SHOW_OK(openat(path, "inside", O_RDONLY));
  SHOW_OK(openat(dir, "../file", O_RDONLY));
  SHOW(openat(file, "inside", O_RDONLY));
  SHOW_OK(openat(99, "/", O_RDONLY));
  char byte;
  SHOW(read(dir, &byte, 1));
  SHOW(write(dir, &byte, 1));
  SHOW(read(path, &byte, 1));
  SHOW(fcntl(path, F_GETFL) & (O_PATH | O_ACCMODE));
  SHOW(ftruncate(path, 0));
  SHOW_OK(fchdir(path));
  SHOW_OK(chdir(".."));
  struct stat status;
  SHOW_OK(fstat(path, &status));
  close(dir);
  close(file);
  close(path);
}

static void contents(void) {
  make("file", "hello");
  int append = open("file", O_WRONLY | O_APPEND);
  SHOW(lseek(append, 0, SEEK_SET));
  SHOW(write(append, " world", 6));
  SHOW(lseek(append, 0, SEEK_CUR));
  SHOW(pwrite(append, "!", 1, 0));
  close(append);
  show_text("file");
  SHOW_OK(open("file", O_RDWR | O_TRUNC));
  show_text("file");
  make("dangling", "through a link");
  show_text("target");
  int fd = creat("created", 0600);
  char byte = 'x';
  SHOW(write(fd, &byte, 1));
  SHOW(read(fd, &byte, 1));
  close(fd);
  fd = open("created", O_RDONLY);
  SHOW(write(fd, &byte, 1));
  close(fd);
}

static void modes(void) {
  static const mode_t masks[] = {0, 022, 027, 0777};
  for (int i = 0; i < 4; i++) {
    char name[16];
    umask(masks[i]);
    snprintf(name, sizeof name, "mode%d", i);
    int fd = open(name, O_CREAT | O_RDWR, 0666);
    struct stat status;
    fstat(fd, &status);
    printf("umask %03o: fd %s, mode %o\n", masks[i], fd >= 0 ? "ok" : "none", status.st_mode);
    char byte = 'm';
    SHOW(write(fd, &byte, 1));
    close(fd);
  }
  printf("%03o\n", umask(022));
}

static void unnamed(const char *where, const char *name) {
  int fd = open(where, O_TMPFILE | O_RDWR, 0600);
  SHOW(write(fd, "unnamed", 7));
  struct stat status;
  fstat(fd, &status);
  printf("links %d\n", (int)status.st_nlink);
  SHOW_OK(linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH));
  close(fd);
  show_text(name);
  unlink(name);
}

static void table_is_full(void) {
  struct rlimit limit = {20, 20}, old;
  getrlimit(RLIMIT_NOFILE, &old);
  limit.rlim_max = old.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int last = -1;
  for (int fd; (fd = open("file", O_RDONLY)) >= 0;) last = fd;
  printf("last %d, then %s\n", last, errno_name(errno));
  SHOW(open("none", O_RDONLY));
  SHOW(open("never-made", O_CREAT | O_WRONLY, 0644));
  SHOW(access("never-made", F_OK));
  SHOW(dup(0));
  int ends[2];
  SHOW(pipe(ends));
  SHOW(dup2(0, 20));
  SHOW(fcntl(0, F_DUPFD, 20));
  SHOW(close(10));
  SHOW(open("file", O_RDONLY));
  for (int fd = 3; fd <= last; fd++) close(fd);
  setrlimit(RLIMIT_NOFILE, &old);
}

int main(void) {
  umask(022);
  make("file", "text");
  mkdir("dir", 0755);
  if (symlink("file", "link") || symlink("loop", "loop") || symlink("target", "dangling")) return 1;
  errors();
  directories();
  contents();
  modes();
  unnamed(".", "named");
  unnamed("/tmp", "/tmp/rawposix-named");
  table_is_full();
  return 0;
}
