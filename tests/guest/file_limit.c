// SPDX-License-Identifier: Apache-2.0
// RLIMIT_FSIZE and SIGXFSZ.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char data[3000];
static volatile int count;
static void note(int signal, siginfo_t *info, void *context) {
  (void)context;
  count++;
  printf("signal %d code %d own pid %d\n", signal, info->si_code, info->si_pid == getpid());
}

static long size_of(int fd) {
  struct stat status;
  fstat(fd, &status);
  return status.st_size;
}

static void writes(const char *name, int flags) {
  printf("%s %d\n", name, flags == O_APPEND);
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
  SHOW(write(fd, data, 900));
  SHOW(write(fd, data, 900));  // as far as it goes
  SHOW(write(fd, data, 1));
  SHOW(write(fd, data, 0));
  SHOW(size_of(fd));
  SHOW(pwrite(fd, data, 10, 995));
  SHOW(pwrite(fd, data, 10, 100));
  SHOW(pwrite(fd, data, 10, 1000));
  SHOW(pwrite(fd, data, 10, 5000));
  lseek(fd, 990, SEEK_SET);
  struct iovec parts[3] = {{data, 4}, {data, 100}, {data, 100}};
  SHOW(writev(fd, parts, 3));
  SHOW(writev(fd, parts, 3));
  SHOW(pwritev(fd, parts, 3, 998));
  SHOW(pwritev(fd, parts, 3, 2000));
  SHOW(size_of(fd));
  SHOW(ftruncate(fd, 1000));
  SHOW(ftruncate(fd, 1001));
  SHOW(truncate(name, 1001));
  SHOW(ftruncate(fd, 10));
  SHOW(posix_fallocate(fd, 0, 900));
  SHOW(posix_fallocate(fd, 900, 200));
  SHOW(size_of(fd));
  close(fd);
}

static void copies(void) {
  int from = open("source", O_RDWR | O_CREAT | O_TRUNC, 0600);
  struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, some;
  getrlimit(RLIMIT_FSIZE, &some);
  none.rlim_max = some.rlim_max;
  none.rlim_cur = some.rlim_max;
  setrlimit(RLIMIT_FSIZE, &none);
  write(from, data, sizeof data);
  setrlimit(RLIMIT_FSIZE, &some);
  lseek(from, 0, SEEK_SET);
  int to = open("target", O_RDWR | O_CREAT | O_TRUNC, 0600);
  // A bigger one is refused as well, in the middle, by SIGXFSZ.
  SHOW(sendfile(to, from, 0, 1000));
  SHOW(sendfile(to, from, 0, 3000));
  SHOW(size_of(to));
  off_t in = 0, out = 500;
  SHOW(copy_file_range(from, &in, to, &out, 3000, 0));
  SHOW(copy_file_range(from, &in, to, &out, 3000, 0));
  // Nothing but regular files is limited.
  int ends[2];
  pipe(ends);
  SHOW(write(ends[1], data, sizeof data));
  int device = open("/dev/null", O_WRONLY);
  SHOW(write(device, data, sizeof data));
}

int main(void) {
  // An ordinary file, so that what is printed is not limited.
  setvbuf(stdout, 0, _IOLBF, 0);
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGXFSZ, &action, 0);
  struct rlimit limit = {1000, RLIM_INFINITY};
  int out[2];
  pipe(out);
  pid_t child = fork();
  if (child == 0) {
    dup2(out[1], 1);
    close(out[0]), close(out[1]);
    SHOW(setrlimit(RLIMIT_FSIZE, &limit));
    writes("file", 0);
    writes("file", O_APPEND);
    writes("/tmp/rawposix-file-limit", 0);
    unlink("/tmp/rawposix-file-limit");
    copies();
    signal(SIGXFSZ, SIG_DFL);
    int fd = open("file", O_WRONLY | O_APPEND);
    fflush(stdout);
    ftruncate(fd, 1000);
    write(fd, data, 1000);
    write(fd, data, 1);
    _exit(0);
  }
  close(out[1]);
  char text[4096];
  for (ssize_t got; (got = read(out[0], text, sizeof text)) > 0;) fwrite(text, 1, got, stdout);
  int status;
  waitpid(child, &status, 0);
  printf("status %d\n", status & 0x7f);
  return 0;
}
