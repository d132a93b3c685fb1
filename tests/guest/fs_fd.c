// SPDX-License-Identifier: Apache-2.0
// Descriptors: dup, fcntl, close_range, ioctl on what is no terminal, locks, poll, select.
// stdin: some input
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "test.h"

static void *volatile bad = (void *)16;

static void duplicates(int fd) {
  SHOW(dup(fd));
  SHOW(dup(99));
  SHOW(dup2(fd, fd));
  SHOW(dup2(99, 99));
  SHOW(dup2(fd, -1));
  SHOW(dup2(99, 5));
  SHOW(dup2(fd, 50));
  SHOW(dup3(fd, fd, 0));
  SHOW(syscall(SYS_dup3, fd, 51, 1));
  SHOW(dup3(fd, 51, O_CLOEXEC));
  SHOW(fcntl(51, F_GETFD));
  SHOW(fcntl(50, F_GETFD));
  SHOW(fcntl(fd, F_DUPFD, 60));
  SHOW(fcntl(fd, F_DUPFD, 60));
  SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 60));
  SHOW(fcntl(62, F_GETFD));
  SHOW(fcntl(fd, F_DUPFD, -1));
  SHOW(fcntl(fd, F_SETFD, FD_CLOEXEC));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(60, F_GETFD));
  SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
  SHOW(fcntl(60, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
  SHOW(fcntl(fd, F_SETFL, 0));
  SHOW(fcntl(fd, 9999));
  SHOW(fcntl(99, F_GETFD));
  SHOW(fcntl(99, F_GETFL));
  SHOW(fcntl(99, F_DUPFD, 0));
  SHOW(syscall(SYS_close_range, 61, 55, 0));
  SHOW(syscall(SYS_close_range, 61, 100, 8));
  SHOW(syscall(SYS_close_range, 61, 62, 4));
  SHOW(fcntl(61, F_GETFD));
  SHOW(syscall(SYS_close_range, 50, 10000, 0));
  SHOW(fcntl(60, F_GETFD));
  SHOW(fcntl(fd, F_GETFD));
}

static void show_lock(int fd, int command, short type, int whence, long start, long length) {
  struct flock lock = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = length};
  errno = 0;
  int outcome = fcntl(fd, command, &lock);
  printf("lock %d %d %d %ld %ld: %d %s -> %d %d %ld %ld\n", command, type, whence, start, length,
         outcome, outcome ? errno_name(errno) : "", lock.l_type, lock.l_whence, (long)lock.l_start,
         (long)lock.l_len);
}

static void locks(void) {
  int fd = open("locked", O_CREAT | O_RDWR, 0644), reader = open("locked", O_RDONLY);
  int other = open("locked", O_RDWR);
  if (ftruncate(fd, 100)) return;
  lseek(fd, 40, SEEK_SET);
  show_lock(fd, F_SETLK, F_WRLCK, SEEK_SET, 0, 10);
  show_lock(fd, F_SETLK, F_RDLCK, SEEK_CUR, -5, 10);
  show_lock(fd, F_SETLK, F_RDLCK, SEEK_END, -10, 0);
  show_lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 20, -5);
  show_lock(fd, F_SETLK, F_RDLCK, SEEK_SET, 2, -5);
  show_lock(fd, F_SETLK, F_RDLCK, SEEK_SET, -1, 1);
  show_lock(fd, F_SETLK, F_RDLCK, 9, 0, 1);
  show_lock(fd, F_SETLK, 9, SEEK_SET, 0, 1);
  show_lock(fd, F_SETLK, F_RDLCK, SEEK_CUR, 0x7fffffffffffffff, 1);
  show_lock(fd, F_GETLK, F_WRLCK, SEEK_SET, 0, 10);
  show_lock(fd, F_GETLK, F_UNLCK, SEEK_SET, 0, 10);
  show_lock(reader, F_SETLK, F_WRLCK, SEEK_SET, 0, 1);
  show_lock(reader, F_SETLKW, F_RDLCK, SEEK_SET, 50, 1);
  show_lock(fd, F_OFD_GETLK, F_WRLCK, SEEK_SET, 60, 5);
  show_lock(fd, F_OFD_SETLK, F_WRLCK, SEEK_SET, 60, 5);
  show_lock(other, F_OFD_SETLK, F_WRLCK, SEEK_SET, 62, 1);
  show_lock(other, F_OFD_SETLK, F_WRLCK, SEEK_SET, 65, 1);
  show_lock(other, F_OFD_GETLK, F_RDLCK, SEEK_SET, 60, 1);
  show_lock(other, F_SETLK, F_RDLCK, SEEK_SET, 60, 1);
  show_lock(fd, F_SETLK, F_UNLCK, SEEK_SET, 0, 0);
  show_lock(99, F_SETLK, F_RDLCK, SEEK_SET, 0, 1);
  SHOW(fcntl(fd, F_SETLK, bad));
  SHOW(flock(fd, LOCK_EX));
  SHOW(flock(other, LOCK_SH | LOCK_NB));
  SHOW(flock(fd, LOCK_SH));
  SHOW(flock(other, LOCK_SH | LOCK_NB));
  SHOW(flock(fd, LOCK_EX | LOCK_NB));
  SHOW(flock(fd, LOCK_UN));
  SHOW(flock(fd, 77));
  SHOW(flock(99, LOCK_SH));
  close(fd);
  close(other);
  close(reader);
}

static void controls(int fd) {
  struct winsize size;
  struct termios terminal;
  int value = 1, ends[2];
  SHOW(isatty(fd));
  SHOW(isatty(99));
  SHOW(ioctl(fd, TIOCGWINSZ, &size));
  SHOW(tcgetattr(fd, &terminal));
  SHOW(ioctl(99, FIONREAD, &value));
  SHOW(ioctl(fd, 0x12345678, &value));
  if (pipe(ends) || write(ends[1], "12345", 5) != 5) return;
  SHOW(ioctl(ends[0], FIONREAD, &value));
  SHOW(value);
  value = 1;
  SHOW(ioctl(ends[0], FIONBIO, &value));
  SHOW(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
  SHOW(ioctl(ends[0], FIONBIO, bad));
  SHOW(ioctl(ends[0], FIOCLEX));
  SHOW(fcntl(ends[0], F_GETFD));
  SHOW(ioctl(ends[0], FIONCLEX));
  SHOW(fcntl(ends[0], F_GETFD));
  close(ends[0]);
  close(ends[1]);
}

static void polls(int fd) {
  int ends[2];
  if (pipe(ends)) return;
  struct pollfd files[5] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}, {fd, POLLIN | POLLOUT, 0},
                            {99, POLLIN, 0},      {-1, POLLIN, 7}};
  SHOW(poll(files, 5, 0));
  for (int i = 0; i < 5; i++) printf("%d: %x\n", i, files[i].revents);
  SHOW(poll(files, 1, 10));
  if (write(ends[1], "x", 1) != 1) return;
  SHOW(poll(files, 1, -1));
  printf("%x\n", files[0].revents);
  SHOW(poll(bad, 1, 0));
  SHOW(poll(NULL, 0, 1));
  struct timespec time = {0, 1000000}, wrong = {0, 1000000000};
  SHOW(ppoll(files, 1, &time, NULL));
  SHOW(ppoll(files, 1, &wrong, NULL));
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(ends[0], &in);
  FD_SET(fd, &in);
  FD_SET(ends[1], &out);
  struct timeval soon = {0, 1000};
  SHOW(select(ends[1] + 1, &in, &out, NULL, &soon));
  printf("%d %d %d\n", !!FD_ISSET(ends[0], &in), !!FD_ISSET(fd, &in), !!FD_ISSET(ends[1], &out));
  char byte;
  if (read(ends[0], &byte, 1) != 1) return;
  FD_ZERO(&in);
  FD_SET(ends[0], &in);
  soon.tv_usec = 1000;
  SHOW(select(ends[1] + 1, &in, NULL, NULL, &soon));
  printf("%d\n", !!FD_ISSET(ends[0], &in));
  FD_SET(ends[0], &in);
  soon = (struct timeval){0, 1000};
  SHOW(syscall(SYS_select, ends[1] + 1, &in, NULL, NULL, &soon));
  printf("left %ld\n", (long)soon.tv_usec);
  FD_ZERO(&in);
  /* Below 64: beyond its table of descriptors, whose size varies, Linux doesn't look. */
  FD_SET(63, &in);
  SHOW(select(64, &in, NULL, NULL, &soon));
  SHOW(select(-1, &in, NULL, NULL, &soon));
  soon.tv_sec = -1;
  SHOW(select(0, NULL, NULL, NULL, &soon));
  struct timespec moment = {0, 1000};
  SHOW(pselect(0, NULL, NULL, NULL, &moment, NULL));
  close(ends[1]);
  SHOW(poll(files, 1, 0));
  printf("%x\n", files[0].revents);
  close(ends[0]);
}

/* More than is read at once, and an array that ends too early. */
static void many_polls(int fd) {
  enum { kFits = 4096 / sizeof(struct pollfd), kCount = kFits + 300 };
  struct pollfd *files = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < kCount; i++) files[i] = (struct pollfd){i % 3 ? fd : -1, POLLIN, 9};
  files[kCount - 1].fd = 99;
  SHOW(poll(files, kCount, 0));
  printf("%x %x %x\n", files[kCount - 3].revents, files[kCount - 2].revents, files[kCount - 1].revents);
  munmap((char *)files + 4096, 4096);
  SHOW(poll(files, kFits, 0));
  SHOW(poll(files, kCount, 0));
  SHOW(poll(files + kFits, 1, 0));
  munmap(files, 4096);
}

static void streams(void) {
  char text[16] = "";
  struct stat status;
  SHOW(read(0, text, 4));
  printf("%s\n", text);
  fstat(0, &status);
  printf("stdin is a fifo: %d\n", S_ISFIFO(status.st_mode));
  SHOW(lseek(0, 0, SEEK_CUR));
  SHOW(write(0, text, 1));
  SHOW(read(0, text, sizeof text));
  SHOW(read(0, text, sizeof text));
  SHOW(close(0));
  SHOW(read(0, text, 1));
  SHOW(open("locked", O_RDONLY));
}

int main(void) {
  umask(022);
  int fd = open("file", O_CREAT | O_RDWR, 0644);
  duplicates(fd);
  locks();
  controls(fd);
  polls(fd);
  many_polls(fd);
  streams();
  return 0;
}
