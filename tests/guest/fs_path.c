// SPDX-License-Identifier: Apache-2.0
// Names: mkdir, rmdir, link, symlink, readlink, unlink, rename, mknod, and how paths are resolved.
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static void *volatile bad = (void *)16;

static void make(const char *path, const char *text) {
  int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) perror(path);
  close(fd);
}

static void show(const char *path) {
  char text[64] = "";
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    printf("%s: %s\n", path, errno_name(errno));
    return;
  }
  ssize_t size = read(fd, text, sizeof text - 1);
  printf("%s: %zd %s\n", path, size, text);
  close(fd);
}

static void directories(void) {
  SHOW(mkdir("d", 0777));
  SHOW(mkdir("d", 0777));
  SHOW(mkdir("d/", 0777));
  SHOW(mkdir("d/e/", 0700));
  SHOW(mkdir("d/none/x", 0777));
  SHOW(mkdir("", 0777));
  SHOW(mkdir(".", 0777));
  SHOW(mkdir("/", 0777));
  SHOW(mkdir("d/..", 0777));
  make("f", "file");
  SHOW(mkdir("f/x", 0777));
  SHOW(mkdir("f", 0777));
  SHOW(symlink("nowhere", "dangling"));
  SHOW(mkdir("dangling", 0777));
  SHOW(mkdirat(99, "x", 0777));
  SHOW(mkdir(bad, 0777));
  SHOW(rmdir("d"));
  SHOW(rmdir("f"));
  SHOW(rmdir("none"));
  SHOW(rmdir("d/."));
  SHOW(rmdir("d/.."));
  SHOW(rmdir("/"));
  SHOW(rmdir("d/e"));
  SHOW(rmdir("dangling"));
  SHOW(rmdir(""));
  SHOW(unlink("d"));
  SHOW(unlink("none"));
  SHOW(unlink("f/"));
  SHOW(unlink("d/"));
  SHOW(unlink(""));
  SHOW(unlink("."));
  SHOW(unlink("/"));
  SHOW(unlink("dangling/"));
  SHOW(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
  SHOW(unlinkat(AT_FDCWD, "f", 0x4000));
  SHOW(unlink("dangling"));
}

static void links(void) {
  struct stat status;
  make("a", "one");
  SHOW(link("a", "b"));
  SHOW(link("a", "b"));
  SHOW(link("none", "c"));
  SHOW(link("a", "none/c"));
  SHOW(link("a", "c/"));
  SHOW(link(".", "dot"));
  SHOW(link("a/", "c"));
  SHOW(link("", "c"));
  SHOW(link("a", ""));
  stat("a", &status);
  printf("links %d\n", (int)status.st_nlink);
  SHOW(symlink("a", "s"));
  SHOW(symlink("a", "s"));
  SHOW(symlink("", "t"));
  SHOW(symlink("a", ""));
  SHOW(symlink("a", "t/"));
  SHOW(link("s", "hard-s"));
  lstat("hard-s", &status);
  printf("hard link of a link: %o\n", status.st_mode & S_IFMT);
  SHOW(linkat(AT_FDCWD, "s", AT_FDCWD, "hard-a", AT_SYMLINK_FOLLOW));
  lstat("hard-a", &status);
  printf("followed: %o, links %d\n", status.st_mode & S_IFMT, (int)status.st_nlink);
  SHOW(linkat(AT_FDCWD, "a", AT_FDCWD, "x", 0x2000));
  SHOW(linkat(99, "a", AT_FDCWD, "x", 0));
  char text[8] = "";
  SHOW(readlink("s", text, sizeof text));
  SHOW(readlink("a", text, sizeof text));
  SHOW(readlink("none", text, sizeof text));
  SHOW(readlink("", text, sizeof text));
  SHOW(readlink("s/", text, sizeof text));
  SHOW(readlink("s", bad, 1));
  int fd = open("s", O_PATH | O_NOFOLLOW);
  SHOW(readlinkat(fd, "", text, sizeof text));
  close(fd);
  SHOW(symlink("0123456789", "long"));
  SHOW(readlink("long", text, sizeof text));
  printf("%.8s\n", text);
  unlink("a");
  show("b");
  show("s");
}

static void renames(void) {
  make("a", "A"), make("b", "B");
  mkdir("d", 0755), mkdir("d/e", 0755), mkdir("empty", 0755);
  SHOW(rename("none", "x"));
  SHOW(rename("a", "none/x"));
  SHOW(rename("a", "d"));
  SHOW(rename("d", "a"));
  SHOW(rename("d", "d/e/f"));
  SHOW(rename("d/e", "d"));
  SHOW(rename("a/", "x"));
  SHOW(rename("a", "x/"));
  SHOW(rename("d/.", "x"));
  SHOW(rename("d/..", "x"));
  SHOW(rename("a", "."));
  SHOW(rename("", "x"));
  SHOW(rename("a", ""));
  SHOW(rename("/", "/x"));
  SHOW(rename(bad, "x"));
#define RENAME2(from, to, flags) syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags)
  SHOW(RENAME2("a", "b", 1));
  SHOW(RENAME2("a", "none", 2));
  SHOW(RENAME2("a", "b", 3));
  SHOW(RENAME2("a", "b", 8));
  SHOW(RENAME2("a", "b", 2));
  show("a");
  SHOW(RENAME2("a", "d", 2));
  show("d");
  SHOW(RENAME2("a", "d", 2));
  SHOW(RENAME2("a", "fresh", 1));
  SHOW(rename("fresh", "a"));
  SHOW(rename("a", "b"));
  show("b");
  show("a");
  SHOW(rename("d", "empty"));
  SHOW(rename("empty/", "moved/"));
  SHOW(rename("b", "b"));
  SHOW(link("b", "same"));
  SHOW(rename("b", "same"));
  show("b");
  int fd = open("moved", O_RDONLY | O_DIRECTORY);
  SHOW(renameat(AT_FDCWD, "b", fd, "b"));
  SHOW(renameat(fd, "b", 99, "b"));
  SHOW(renameat(fd, "b", AT_FDCWD, "back"));
  close(fd);
  show("back");
}

static void resolution(void) {
  char deep[PATH_MAX + 10], name[300];
  mkdir("r", 0755), mkdir("r/s", 0755);
  make("r/s/f", "found");
  if (symlink("s", "r/l") || symlink("../r/l/../l/f", "r/s/up") || symlink("loop2", "loop1") ||
      symlink("loop1", "loop2"))
    return;
  show("r/s/f");
  show("r//s///f");
  show("./r/./s/./f");
  show("r/s/../s/f");
  show("r/l/f");
  show("r/l/../l/f");
  show("r/s/up");
  show("loop1");
  show("r/s/f/..");
  show("r/none/../s/f");
  SHOW(chdir("r/l"));
  show("../l/f");
  show("../../r/s/f");
  SHOW(chdir("../.."));
  // A chain of links, as long as Linux follows and one longer.
  make("chain0", "end of chain");
  for (int i = 1; i <= 41; i++) {
    char from[16], to[16];
    snprintf(from, sizeof from, "chain%d", i - 1);
    snprintf(to, sizeof to, "chain%d", i);
    if (symlink(from, to)) return;
  }
  show("chain40");
  show("chain41");
  memset(deep, '/', sizeof deep);
  strcpy(deep + PATH_MAX - 4, "tmp");
  SHOW(access(deep, F_OK));
  strcpy(deep + PATH_MAX - 4, "/tmp");
  SHOW(access(deep, F_OK));
  memset(name, 'n', 255);
  name[255] = 0;
  SHOW(mkdir(name, 0755));
  SHOW(access(name, F_OK));
  name[255] = 'n', name[256] = 0;
  SHOW(mkdir(name, 0755));
  SHOW(access(name, F_OK));
}

static void nodes(void) {
  struct stat status;
  SHOW(mkfifo("fifo", 0640));
  stat("fifo", &status);
  printf("%o\n", status.st_mode);
  SHOW(mkfifo("fifo", 0640));
  SHOW(mknod("regular", 0600, 0));
  SHOW(mknod("regular2", S_IFREG | 0600, 0));
  SHOW(mknod("directory", S_IFDIR | 0700, 0));
  SHOW(mknod("strange", S_IFLNK | 0700, 0));
  SHOW(mknod("none/x", S_IFREG | 0600, 0));
  SHOW(syscall(SYS_mknodat, AT_FDCWD, "fifo2", S_IFIFO | 0600, 0));
  SHOW(syscall(SYS_mknodat, AT_FDCWD, "fifo2", S_IFIFO | 0600, 0));
  int reader = open("fifo", O_RDONLY | O_NONBLOCK), writer = open("fifo", O_WRONLY);
  char text[8] = "";
  SHOW(write(writer, "through", 7));
  SHOW(read(reader, text, sizeof text));
  close(reader);
  SHOW(open("fifo", O_WRONLY | O_NONBLOCK));
  close(writer);
}

/* symlinkat(2) and mknodat(2): their own errors, and what the directory means. */
static void relative(void) {
  char name[300];
  memset(name, 'n', sizeof name - 1), name[sizeof name - 1] = 0;
  mkdir("at", 0755), make("plain", "file");
  int at = open("at", O_RDONLY | O_DIRECTORY), plain = open("plain", O_RDONLY);
  if (symlink("at-loop", "at-loop")) perror("symlink");
  drop_capability(CAP_MKNOD);
#define BOTH(directory, path)                                           \
  do {                                                                  \
    SHOW(syscall(SYS_symlinkat, "target", directory, path));            \
    SHOW(syscall(SYS_mknodat, directory, path, S_IFREG | 0600, 0));     \
  } while (0)
  BOTH(at, "x");
  BOTH(99, "x");
  BOTH(99, "/");
  BOTH(plain, "x");
  BOTH(at, "none/x");
  BOTH(at, "");
  BOTH(at, "x/z");
  BOTH(at, "..");
  BOTH(at, name);
  BOTH(at, "../at-loop/x");
  BOTH(at, bad);
  SHOW(syscall(SYS_symlinkat, bad, at, "z"));
  SHOW(syscall(SYS_symlinkat, "", at, "z"));
  SHOW(syscall(SYS_mknodat, at, "z", S_IFDIR | 0700, 0));
  SHOW(syscall(SYS_mknodat, at, "z", S_IFLNK | 0700, 0));
  SHOW(syscall(SYS_mknodat, at, "z", S_IFCHR | 0600, 0x103));
  SHOW(syscall(SYS_mknodat, at, "z", 0170000, 0));
  SHOW(readlink("at/x", name, sizeof name));
  close(at), close(plain);
}

/* Nobody without CAP_SYS_CHROOT may, but other errors come first. */
static void roots(void) {
  char name[300];
  memset(name, 'n', sizeof name - 1), name[sizeof name - 1] = 0;
  drop_capability(CAP_SYS_CHROOT);
  make("plain", "file");
  SHOW(chroot("."));
  SHOW(chroot("/"));
  SHOW(chroot("none"));
  SHOW(chroot("plain"));
  SHOW(chroot("plain/x"));
  SHOW(chroot(""));
  SHOW(chroot("loop1"));
  SHOW(chroot(name));
  SHOW(chroot(bad));
}

static void in(const char *where) {
  if (chdir(where)) perror(where);
  directories();
  links();
  renames();
  resolution();
  relative();
  roots();
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at) {
  (void)status, (void)type, (void)at;
  return remove(path);
}

static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

int main(void) {
  remove_tree("/tmp/rawposix-path");
  umask(022);
  char home[PATH_MAX];
  getcwd(home, sizeof home);
  nodes();
  in(".");
  mkdir("/tmp/rawposix-path", 0755);
  in("/tmp/rawposix-path");
  /* Both ends on one file system, or not. */
  SHOW(chdir(home));
  remove_tree("/tmp/rawposix-path");
  return 0;
}
