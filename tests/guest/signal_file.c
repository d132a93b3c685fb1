// SPDX-License-Identifier: Apache-2.0
// signalfd(2): signals as records, beside poll(2), threads and fork(2).
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static void *volatile nowhere = (void *)8;

static sigset_t set_of(int a, int b) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, a);
  if (b != 0) sigaddset(&set, b);
  return set;
}

static int ready(int fd, int timeout) {
  struct pollfd file = {fd, POLLIN | POLLOUT | POLLPRI, 0};
  int count = poll(&file, 1, timeout);
  return count <= 0 ? count : file.revents;
}

static void show(const struct signalfd_siginfo *info) {
  printf("signal %u code %d own pid %d own uid %d int %d\n", info->ssi_signo, info->ssi_code,
         info->ssi_pid == (uint32_t)getpid(), info->ssi_uid == getuid(), info->ssi_int);
}

static void records(int fd) {
  struct signalfd_siginfo infos[4];
  printf("nothing yet: %d\n", ready(fd, 0));
  SHOW(read(fd, infos, sizeof infos));
  kill(getpid(), SIGUSR1);
  printf("ready: %#x\n", ready(fd, 0));
  SHOW(read(fd, infos, sizeof infos[0] - 1));
  SHOW(read(fd, infos, sizeof infos));
  show(&infos[0]);
  printf("taken: %d\n", ready(fd, 0));
  // Real-time signals keep their order and values.
  for (int i = 1; i <= 3; i++) sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
  SHOW(read(fd, infos, 2 * sizeof infos[0] + 5));
  show(&infos[0]);
  show(&infos[1]);
  struct iovec parts[2] = {{infos, 100}, {(char *)infos + 100, 28}};
  SHOW(readv(fd, parts, 2));
  show(&infos[0]);
  raise(SIGUSR1);  // to the thread
  SHOW(read(fd, infos, sizeof infos));
  show(&infos[0]);
  raise(SIGUSR1);
  SHOW(read(fd, nowhere, sizeof infos));
  SHOW(write(fd, infos, 8));
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(pread(fd, infos, sizeof infos, 0));
}

static void traits(int fd) {
  struct stat status;
  SHOW(fstat(fd, &status));
  printf("mode %o size %lld\n", status.st_mode, (long long)status.st_size);
  SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  SHOW(fcntl(fd, F_GETFD));
  sigset_t set = set_of(SIGUSR2, SIGKILL);
  SHOW(signalfd(fd, &set, 0));
  kill(getpid(), SIGUSR2);
  printf("other set: %#x\n", ready(fd, 0));
  struct signalfd_siginfo info;
  SHOW(read(fd, &info, sizeof info));
  SHOW(signalfd(0, &set, 0));
  SHOW(signalfd(1000, &set, 0));
  SHOW(signalfd(-2, &set, 0));
  SHOW(signalfd(-1, &set, 3));
  SHOW(syscall(SYS_signalfd4, -1, &set, 4, 0));
  SHOW(syscall(SYS_signalfd4, -1, nowhere, 8, 0));
  int plain = syscall(SYS_signalfd, -1, &set, 8);
  printf("plain: %d, %d\n", fcntl(plain, F_GETFL) & O_NONBLOCK, fcntl(plain, F_GETFD));
  close(plain);
}

static void *send_later(void *argument) {
  usleep(20000);
  kill(getpid(), *(int *)argument);
  return 0;
}

static void waiting(void) {
  sigset_t set = set_of(SIGUSR1, SIGCHLD);
  int fd = signalfd(-1, &set, SFD_CLOEXEC);
  struct signalfd_siginfo info;
  pthread_t thread;
  int signal = SIGUSR1;
  pthread_create(&thread, 0, send_later, &signal);
  SHOW(read(fd, &info, sizeof info));
  show(&info);
  pthread_join(thread, 0);

  // poll() beside a file of another kind, then alone, then select().
  int ends[2];
  pipe(ends);
  struct pollfd files[2] = {{ends[0], POLLIN, 0}, {fd, POLLIN, 0}};
  SHOW(poll(files, 2, 20));
  pthread_create(&thread, 0, send_later, &signal);
  SHOW(poll(files, 2, 10000));
  printf("which: %d %d\n", files[0].revents, files[1].revents);
  write(ends[1], "x", 1);
  SHOW(poll(files, 2, 10000));
  printf("which: %d %d\n", files[0].revents, files[1].revents);
  SHOW(read(fd, &info, sizeof info));
  SHOW(poll(files, 2, 10000));
  printf("which: %d %d\n", files[0].revents, files[1].revents);
  pthread_join(thread, 0);
  pthread_create(&thread, 0, send_later, &signal);
  printf("alone: %#x\n", ready(fd, 10000));
  pthread_join(thread, 0);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(fd, &readable);
  SHOW(select(fd + 1, &readable, 0, 0, 0));
  SHOW(read(fd, &info, sizeof info));

  // A child's end; and a child reads its own signals by the descriptor that it inherited.
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    kill(getpid(), SIGUSR1);
    SHOW(read(fd, &info, sizeof info));
    show(&info);
    fflush(stdout);
    _exit(3);
  }
  SHOW(read(fd, &info, sizeof info));
  printf("signal %u of the child %d code %d status %d\n", info.ssi_signo,
         info.ssi_pid == (uint32_t)child, info.ssi_code, info.ssi_status);
  waitpid(child, 0, 0);
  close(fd);
}

static void note(int signal) { (void)signal; }

static void interrupted(void) {
  sigset_t set = set_of(SIGUSR1, 0);
  int fd = signalfd(-1, &set, 0);
  struct sigaction action = {.sa_handler = note};
  sigaction(SIGALRM, &action, 0);
  struct signalfd_siginfo info;
  ualarm(20000, 0);
  SHOW(read(fd, &info, sizeof info));
  ualarm(20000, 0);
  SHOW(ready(fd, -1));
  close(fd);
}

int main(void) {
  sigset_t set = set_of(SIGUSR1, SIGUSR2), used = set_of(SIGUSR1, SIGRTMIN);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, 0);
  int fd = signalfd(-1, &used, SFD_NONBLOCK | SFD_CLOEXEC);
  records(fd);
  traits(fd);
  close(fd);
  waiting();
  interrupted();
  return 0;
}
