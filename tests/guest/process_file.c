// SPDX-License-Identifier: Apache-2.0
// Processes as open files: pidfd_open(2), pidfd_send_signal(2), CLONE_PIDFD, waitid(P_PIDFD).
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static void *volatile nowhere = (void *)8;

static int pidfd_open(pid_t pid, unsigned flags) { return syscall(SYS_pidfd_open, pid, flags); }
static int send_signal(int fd, int signal, siginfo_t *info, unsigned flags) {
  return syscall(SYS_pidfd_send_signal, fd, signal, info, flags);
}
static int wait_fd(int fd, siginfo_t *info, int options) {
  memset(info, 0, sizeof *info);
  return waitid(P_PIDFD, fd, info, options);
}
static int ready(int fd, int timeout) {
  struct pollfd file = {fd, POLLIN, 0};
  int count = poll(&file, 1, timeout);
  return count <= 0 ? count : file.revents & POLLIN;
}

static pid_t sleeper(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(9);
  }
  return child;
}

// Since Linux 6.9.
static int hangs_up(int fd) {
  struct pollfd file = {fd, POLLIN, 0};
  struct utsname system;
  int major = 0, minor = 0;
  uname(&system);
  sscanf(system.release, "%d.%d", &major, &minor);
  return (poll(&file, 1, 0) == 1 && (file.revents & POLLHUP)) || major * 100 + minor < 609;
}

// What /proc tells of a file beyond what it tells of each.
static void details(int fd, pid_t pid) {
  char name[64], line[256];
  snprintf(name, sizeof name, "/proc/self/fdinfo/%d", fd);
  FILE *information = fopen(name, "r");
  while (fgets(line, sizeof line, information)) {
    int number;
    if (sscanf(line, "Pid: %d", &number) == 1 || sscanf(line, "NSpid: %d", &number) == 1) {
      printf("%.3s: %d\n", line, number == pid);
    }
    if (strncmp(line, "sigmask:", 8) == 0) printf("%s", line);
  }
  fclose(information);
}

static void *reap_soon(void *child) {
  usleep(100000);
  return (void *)(long)(waitpid((pid_t)(long)child, 0, 0) == (pid_t)(long)child);
}

// Who waits for that alone is told of it.
static void hang_up(void) {
  const int never = hangs_up(-1);  // on an old kernel
  pid_t child = sleeper();
  int fd = pidfd_open(child, 0);
  kill(child, SIGKILL);
  ready(fd, 10000);
  pthread_t thread;
  pthread_create(&thread, 0, reap_soon, (void *)(long)child);
  struct pollfd file = {fd, 0, 0};
  const int woken = poll(&file, 1, never ? 200 : 20000);
  void *reaped;
  pthread_join(thread, &reaped);
  printf("reaped %d, woken %d\n", reaped != 0, woken == 1 || never);
  close(fd);
}

static void *wait_for_end(void *fd) { return (void *)(long)ready(*(int *)fd, 10000); }

static void life(void) {
  siginfo_t info;
  pid_t child = sleeper();
  int fd = pidfd_open(child, 0);
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
  SHOW(ready(fd, 0));
  details(fd, child);
  SHOW(wait_fd(fd, &info, WEXITED | WNOHANG));
  SHOW(info.si_pid);
  SHOW(send_signal(fd, 0, 0, 0));
  SHOW(send_signal(fd, 1000, 0, 0));
  SHOW(send_signal(fd, SIGTERM, 0, 77));
  SHOW(send_signal(fd, SIGTERM, nowhere, 0));
  memset(&info, 0, sizeof info);
  info.si_signo = SIGUSR1;
  info.si_code = SI_QUEUE;
  SHOW(send_signal(fd, SIGTERM, &info, 0));
  info.si_signo = SIGTERM;
  info.si_code = SI_USER;
  SHOW(send_signal(fd, SIGTERM, &info, 0));
  pthread_t thread;
  pthread_create(&thread, 0, wait_for_end, &fd);
  info.si_code = SI_QUEUE;
  SHOW(send_signal(fd, SIGTERM, &info, 0));
  void *seen;
  pthread_join(thread, &seen);
  printf("seen by poll: %ld\n", (long)seen);
  SHOW(wait_fd(fd, &info, WEXITED | WNOWAIT));
  printf("pid %d code %d status %d\n", info.si_pid == child, info.si_code, info.si_status);
  SHOW(send_signal(fd, SIGTERM, 0, 0));  // a zombie is still there
  SHOW(wait_fd(fd, &info, WEXITED));
  SHOW(ready(fd, 0));
  SHOW(hangs_up(fd));
  details(fd, -1);
  SHOW(send_signal(fd, SIGTERM, 0, 0));
  SHOW(wait_fd(fd, &info, WEXITED));
  char byte;
  SHOW(read(fd, &byte, 1));
  SHOW(write(fd, &byte, 1));
  SHOW(lseek(fd, 0, SEEK_SET));
  close(fd);
}

static void without_waiting(void) {
  siginfo_t info;
  pid_t child = sleeper();
  int fd = pidfd_open(child, O_NONBLOCK);
  SHOW(fcntl(fd, F_GETFL) & O_NONBLOCK);
  SHOW(wait_fd(fd, &info, WEXITED));
  SHOW(wait_fd(fd, &info, WEXITED | WNOHANG));
  SHOW(send_signal(fd, SIGKILL, 0, 0));
  SHOW(ready(fd, 10000));
  SHOW(wait_fd(fd, &info, WEXITED));
  printf("code %d status %d\n", info.si_code, info.si_status);
  close(fd);
}

static void made_by_clone(void) {
  fflush(stdout);
  int fd = -1;
  siginfo_t info;
  pid_t child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
  if (child == 0) _exit(5);
  SHOW(fcntl(fd, F_GETFD));
  SHOW(wait_fd(fd, &info, WEXITED));
  printf("pid %d status %d\n", info.si_pid == child, info.si_status);
  close(fd);
  fd = -1;
  struct clone_args arguments = {
      .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&fd, .exit_signal = SIGCHLD};
  child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) _exit(6);
  SHOW(wait_fd(fd, &info, WEXITED));
  printf("pid %d status %d\n", info.si_pid == child, info.si_status);
  close(fd);
  SHOW(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
  SHOW(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, nowhere, 0, 0));
  // Nothing is left of it.
  SHOW(waitpid(-1, 0, WNOHANG));
  int next = dup(0);
  printf("lowest: %d\n", next);
  close(next);
}

static void errors(void) {
  siginfo_t info;
  SHOW(pidfd_open(0, 0));
  SHOW(pidfd_open(-1, 0));
  SHOW(pidfd_open(99999999, 0));
  SHOW(pidfd_open(getpid(), 1));
  SHOW(send_signal(0, 0, 0, 0));
  SHOW(send_signal(1000, 0, 0, 0));
  SHOW(wait_fd(0, &info, WEXITED));
  SHOW(wait_fd(1000, &info, WEXITED));
  SHOW(wait_fd(-1, &info, WEXITED));
  int own = pidfd_open(getpid(), 0);
  SHOW(send_signal(own, 0, 0, 0));
  SHOW(ready(own, 0));
  SHOW(wait_fd(own, &info, WEXITED));
  close(own);
}

static void signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, 40);
  int fd = signalfd(-1, &set, 0);
  details(fd, 0);
  close(fd);
}

int main(void) {
  life();
  without_waiting();
  made_by_clone();
  errors();
  hang_up();
  signals();
  return 0;
}
