// SPDX-License-Identifier: Apache-2.0
// Attributes: stat, statx, access, chmod, chown, times, extended attributes, statfs.
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include "test.h"

/* What the compiler must not see through. */
static void *volatile bad = (void *)16;
static volatile size_t too_much = 70000;

static void show(const char *path) {
  struct stat s;
  if (lstat(path, &s)) {
    printf("%s: %s\n", path, errno_name(errno));
    return;
  }
  long size = S_ISDIR(s.st_mode) ? 0 : (long)s.st_size;
  printf("%s: mode %o links %d size %ld mine %d%d blksize %d\n", path, s.st_mode,
         S_ISDIR(s.st_mode) ? 0 : (int)s.st_nlink, size, s.st_uid == getuid(), s.st_gid == getgid(),
         s.st_blksize >= 512);
}

static void show_times(const char *path) {
  struct stat s;
  lstat(path, &s);
  printf("%s: %ld.%09ld %ld.%09ld\n", path, (long)s.st_atim.tv_sec, s.st_atim.tv_nsec,
         (long)s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

static void reading(void) {
  struct stat s, t;
  show("f"), show("d"), show("s"), show("none"), show("f/x"), show("s/");
  SHOW(stat("s", &s));
  printf("%o\n", s.st_mode & S_IFMT);
  SHOW(stat("dangling", &s));
  SHOW(lstat("dangling", &s));
  SHOW(syscall(SYS_stat, "f", bad));
  SHOW(stat(bad, &s));
  SHOW(stat("", &s));
  SHOW(fstat(99, &s));
  SHOW(fstatat(AT_FDCWD, "s", &s, AT_SYMLINK_NOFOLLOW));
  SHOW(fstatat(AT_FDCWD, "s", &s, 0x8000000));
  SHOW(fstatat(AT_FDCWD, "", &s, AT_EMPTY_PATH));
  SHOW(fstatat(AT_FDCWD, "", &s, 0));
  int fd = open("f", O_RDONLY);
  SHOW(fstatat(fd, "", &t, AT_EMPTY_PATH));
  SHOW(fstatat(fd, "x", &t, 0));
  stat("f", &s);
  printf("same %d\n", s.st_ino == t.st_ino && s.st_dev == t.st_dev);
  close(fd);
  struct { unsigned mask, blksize; char rest[248]; } x;
  SHOW(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, &x));
  printf("basic %x\n", x.mask & 0x7ff);
  SHOW(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000u, &x));
  SHOW(syscall(SYS_statx, AT_FDCWD, "f", 0x6000, 0x7ff, &x));
  SHOW(syscall(SYS_statx, AT_FDCWD, "none", 0, 0x7ff, &x));
  SHOW(syscall(SYS_statx, 99, "", 0x1000, 0x7ff, &x));
  SHOW(syscall(SYS_statx, 0, "", 0x1000, 0x7ff, &x));
}

/* newfstatat(2) itself: libc has special cases. */
static void relative(void) {
  struct stat s;
  char name[300];
  memset(name, 'n', sizeof name - 1), name[sizeof name - 1] = 0;
  int at = open("d", O_RDONLY | O_DIRECTORY), file = open("f", O_RDONLY);
  if (symlink("loop", "loop")) perror("symlink");
#define STATUS(directory, path, flags) SHOW(syscall(SYS_newfstatat, directory, path, &s, flags))
  STATUS(at, "../f", 0);
  printf("%o %ld\n", s.st_mode, (long)s.st_size);
  STATUS(at, "../s", AT_SYMLINK_NOFOLLOW);
  printf("%o\n", s.st_mode & S_IFMT);
  STATUS(at, "../dangling", 0);
  STATUS(at, "/", 0);
  STATUS(99, "/", 0);
  STATUS(99, "f", 0);
  STATUS(file, "f", 0);
  STATUS(file, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT);
  printf("%o\n", s.st_mode);
  STATUS(file, "", 0);
  STATUS(99, "", AT_EMPTY_PATH);
  STATUS(at, "../loop", 0);
  STATUS(at, "../f/x", 0);
  STATUS(at, "none", 0);
  STATUS(at, name, 0);
  STATUS(at, bad, 0);
  STATUS(at, "../f", AT_SYMLINK_FOLLOW);
  SHOW(syscall(SYS_newfstatat, at, "../f", bad, 0));
  close(at), close(file);
}

static void modes(void) {
  SHOW(chmod("f", 0604));
  show("f");
  /* Not 07777: files of binds never get S_ISUID and S_ISGID. */
  SHOW(chmod("f", 01777));
  show("f");
  SHOW(chmod("s", 0640));
  show("f"), show("s");
  SHOW(chmod("none", 0644));
  SHOW(chmod("f/x", 0644));
  int fd = open("f", O_RDONLY);
  SHOW(fchmod(fd, 0600));
  show("f");
  SHOW(fchmod(99, 0600));
  SHOW(fchmodat(AT_FDCWD, "d", 0711, 0));
  show("d");
  SHOW(chown("f", -1, -1));
  SHOW(chown("f", getuid(), getgid()));
  SHOW(lchown("s", getuid(), -1));
  SHOW(fchown(fd, -1, getgid()));
  SHOW(chown("none", -1, -1));
  SHOW(fchown(99, -1, -1));
  SHOW(fchownat(AT_FDCWD, "f", -1, -1, 0x4000));
  close(fd);
}

static void accesses(void) {
  chmod("f", 0644);
  SHOW(access("f", F_OK));
  SHOW(access("f", R_OK | W_OK));
  SHOW(access("f", X_OK));
  SHOW(access("d", X_OK));
  SHOW(access("f", 8));
  SHOW(access("none", F_OK));
  SHOW(access("dangling", F_OK));
  SHOW(access("f/x", F_OK));
  SHOW(access("", F_OK));
  SHOW(faccessat(AT_FDCWD, "f", R_OK, AT_EACCESS));
  SHOW(faccessat(99, "f", R_OK, 0));
  SHOW(syscall(SYS_faccessat2, AT_FDCWD, "dangling", F_OK, AT_SYMLINK_NOFOLLOW));
  SHOW(syscall(SYS_faccessat2, AT_FDCWD, "f", F_OK, 0x4000));
}

static void times(void) {
  struct timespec pair[2] = {{1000, 111}, {2000, 222}};
  struct timeval coarse[2] = {{3000, 333}, {4000, 444}};
  struct utimbuf seconds = {5000, 6000};
  SHOW(utimensat(AT_FDCWD, "f", pair, 0));
  show_times("f");
  SHOW(utimensat(AT_FDCWD, "s", pair, AT_SYMLINK_NOFOLLOW));
  show_times("s");
  SHOW(utimes("f", coarse));
  show_times("f");
  SHOW(utime("f", &seconds));
  show_times("f");
  int fd = open("f", O_RDONLY);
  SHOW(futimens(fd, pair));
  show_times("f");
  pair[0].tv_nsec = UTIME_OMIT;
  pair[1].tv_sec = 7000;
  SHOW(futimens(fd, pair));
  show_times("f");
  pair[1].tv_nsec = UTIME_OMIT;
  SHOW(utimensat(AT_FDCWD, "f", pair, 0));
  pair[1].tv_nsec = 1000000000;
  SHOW(utimensat(AT_FDCWD, "f", pair, 0));
  coarse[1].tv_usec = 1000000;
  SHOW(syscall(SYS_utimes, "f", coarse));
  SHOW(utimensat(AT_FDCWD, "none", NULL, 0));
  SHOW(utimensat(99, "f", NULL, 0));
  SHOW(utimensat(AT_FDCWD, "f", NULL, 0x4000));
  SHOW(utimes("f", NULL));
  coarse[1].tv_usec = 444;
  int at = open("d", O_RDONLY | O_DIRECTORY);
#define TIMES(directory, path, times) SHOW(syscall(SYS_futimesat, directory, path, times))
  TIMES(at, "../f", coarse);
  show_times("f");
  TIMES(at, "../s", coarse); /* follows */
  TIMES(fd, NULL, coarse);
  show_times("f");
  TIMES(at, NULL, coarse);
  show_times("d");
  TIMES(at, "none", coarse);
  TIMES(at, "../f/x", coarse);
  TIMES(at, "", coarse);
  TIMES(at, "../loop", coarse);
  TIMES(99, "f", coarse);
  TIMES(99, NULL, coarse);
  TIMES(fd, "f", coarse);
  TIMES(AT_FDCWD, NULL, coarse);
  TIMES(at, bad, coarse);
  TIMES(at, "../f", bad);
  coarse[0].tv_usec = -1;
  TIMES(at, "../f", coarse);
  coarse[0].tv_usec = 1000000;
  TIMES(at, "../f", coarse);
  TIMES(at, "../f", NULL);
  close(at);
  struct stat s;
  stat("f", &s);
  printf("now %d\n", s.st_mtim.tv_sec > 1000000);
  close(fd);
}

/* Those of users: the file system may add its own. */
static void print_names(const char *names, ssize_t size) {
  for (const char *name = names; name < names + size; name += strlen(name) + 1) {
    if (!strncmp(name, "user.", 5)) printf("  %s\n", name);
  }
}

static void show_names(int fd) {
  char names[4096];
  SHOW(llistxattr("dangling", names, sizeof names) >= 0);
  print_names(names, llistxattr("f", names, sizeof names));
  print_names(names, flistxattr(fd, names, sizeof names));
  SHOW(llistxattr("f", NULL, 0) == flistxattr(fd, NULL, 0));
  SHOW(llistxattr("f", names, 1));
  SHOW(flistxattr(fd, names, 1));
  SHOW(llistxattr("f", bad, 4096));
  SHOW(flistxattr(fd, bad, 4096));
  SHOW(llistxattr("none", names, sizeof names));
  SHOW(llistxattr("f/x", names, sizeof names));
  SHOW(llistxattr("", names, sizeof names));
  SHOW(llistxattr(bad, names, sizeof names));
  SHOW(flistxattr(99, names, sizeof names));
  int path = open("f", O_PATH);
  SHOW(flistxattr(path, names, sizeof names));
  close(path);
  SHOW(setxattr("f", "user.third", "3", 1, 0));
  SHOW(lremovexattr("f", "user.third"));
  SHOW(lremovexattr("f", "user.third"));
  SHOW(lremovexattr("dangling", "user.third"));
  SHOW(lremovexattr("none", "user.third"));
  SHOW(lremovexattr("f/x", "user.third"));
  SHOW(lremovexattr("f", ""));
  SHOW(lremovexattr("f", "strange.name"));
  SHOW(lremovexattr("f", bad));
  SHOW(lremovexattr(bad, "user.third"));
}

static void attributes(void) {
  char text[64] = "";
  SHOW(setxattr("f", "user.test", "value", 5, 0));
  SHOW(setxattr("f", "user.test", "value", 5, XATTR_CREATE));
  SHOW(setxattr("f", "user.none", "value", 5, XATTR_REPLACE));
  SHOW(setxattr("f", "user.test", "value", 5, 4));
  SHOW(setxattr("f", "user.test", text, too_much, 0));
  SHOW(getxattr("f", "user.test", text, sizeof text));
  SHOW(getxattr("f", "user.test", NULL, 0));
  SHOW(getxattr("f", "user.test", text, 2));
  SHOW(getxattr("f", "user.none", text, sizeof text));
  SHOW(getxattr("none", "user.test", text, sizeof text));
  SHOW(getxattr("f", "", text, sizeof text));
  SHOW(listxattr("d", text, sizeof text) >= 0);
  SHOW(lgetxattr("dangling", "user.test", text, sizeof text));
  SHOW(lsetxattr("dangling", "user.test", "v", 1, 0));
  int fd = open("f", O_RDONLY);
  SHOW(fgetxattr(fd, "user.test", text, sizeof text));
  SHOW(fsetxattr(fd, "user.second", "2", 1, 0));
  SHOW(fremovexattr(fd, "user.second"));
  SHOW(fgetxattr(99, "user.test", text, sizeof text));
  show_names(fd);
  close(fd);
  SHOW(removexattr("f", "user.test"));
  SHOW(removexattr("f", "user.test"));
}

static void file_systems(void) {
  struct statfs s;
  SHOW(statfs("f", &s));
  printf("%ld %d\n", (long)s.f_namelen, s.f_bsize > 0);
  SHOW(statfs("none", &s));
  SHOW(fstatfs(99, &s));
  int fd = open(".", O_RDONLY);
  SHOW(fstatfs(fd, &s));
  SHOW(syscall(SYS_fstatfs, fd, bad));
  close(fd);
}

static void prepare(const char *where) {
  if (mkdir(where, 0755) || chdir(where)) perror(where);
  int fd = open("f", O_CREAT | O_WRONLY, 0644);
  if (write(fd, "content", 7) != 7) perror("write");
  close(fd);
  mkdir("d", 0755);
  if (symlink("f", "s") || symlink("nowhere", "dangling")) perror("symlink");
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at) {
  (void)status, (void)type, (void)at;
  return remove(path);
}

static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

int main(void) {
  remove_tree("/tmp/rawposix-stat");
  umask(022);
  prepare("here");
  reading(), relative(), modes(), accesses(), times(), attributes(), file_systems();
  prepare("/tmp/rawposix-stat");
  reading(), relative(), modes(), accesses(), times(), file_systems();
  show("/dev/null"), show("/tmp");
  remove_tree("/tmp/rawposix-stat");
  return 0;
}
