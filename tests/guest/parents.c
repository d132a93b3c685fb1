/* SPDX-License-Identifier: Apache-2.0 */
// executes: itself
/* Children, seen by parents, adopters and threads: what is told of them, by which signal, to whom. */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "test.h"

static char *self;
static volatile siginfo_t seen;
static volatile int count;

static void note(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  seen = *info;
  count++;
}

static void handle(int signal) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(signal, &action, 0);
}

static void wait_until(int wanted) {
  for (int i = 0; i < 5000 && count < wanted; i++) usleep(1000);
}

/* A grandchild that has ended by SIGTERM already comes to a subreaper. */
static void adopted_zombie(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (int ignoring = 0; ignoring < 2; ignoring++) {
    fflush(stdout);
    if (ignoring) signal(SIGCHLD, SIG_IGN);
    int ends[2];
    pipe(ends);
    pid_t parent = fork();
    if (parent == 0) {
      signal(SIGCHLD, SIG_DFL);
      pid_t child = fork();
      if (child == 0) raise(SIGTERM);
      siginfo_t info;
      waitid(P_PID, child, &info, WEXITED | WNOWAIT);
      write(ends[1], &child, sizeof child);
      _exit(0);
    }
    pid_t child = 0;
    read(ends[0], &child, sizeof child);
    if (ignoring) {
      for (int i = 0; i < 5000 && kill(child, 0) == 0; i++) usleep(1000);
      SHOW(kill(child, 0));
      SHOW(wait(0));
    } else {
      waitpid(parent, 0, 0);
      siginfo_t info = {0};
      waitid(P_PID, child, &info, WEXITED);
      printf("adopted: code %d status %d\n", info.si_code, info.si_status);
    }
  }
  signal(SIGCHLD, SIG_DFL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* A program that is executed tells by SIGCHLD, whatever clone() said. */
static void exit_signals(void) {
  handle(SIGUSR1);
  handle(SIGCHLD);
  for (int executes = 0; executes < 2; executes++) {
    count = 0;
    fflush(stdout);
    pid_t child = (pid_t)syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
    if (child == 0) {
      if (executes) execl(self, self, self, "end", (char *)0);
      _exit(0);
    }
    wait_until(1);
    printf("executes %d: signal %d\n", executes, seen.si_signo);
    errno = 0;
    printf("without __WCLONE: %d\n", waitpid(child, 0, 0) == child);
    waitpid(child, 0, __WALL);
  }
  signal(SIGCHLD, SIG_DFL);
}

static void *try_waits(void *unused) {
  (void)unused;
  SHOW(waitpid(-1, 0, WNOHANG | __WNOTHREAD));
  SHOW(waitpid(-1, 0, WNOHANG));
  pid_t child = fork();
  if (child == 0) _exit(0);
  printf("own child: %d\n", waitpid(child, 0, __WNOTHREAD) == child);
  return 0;
}

static void *fork_with_death_signal(void *ready) {
  if (fork() == 0) {
    handle(SIGUSR2);
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    count = 0;
    write(((int *)ready)[1], "x", 1);
    wait_until(1);
    printf("the thread has ended: %d, code %d, from the parent %d\n", count, seen.si_code,
           seen.si_pid == getppid());
    fflush(stdout);
    _exit(0);
  }
  char byte;
  read(*(int *)ready, &byte, 1);
  return 0;
}

static void threads(void) {
  pid_t sleeper = fork();
  if (sleeper == 0) {
    pause();
    _exit(0);
  }
  pthread_t thread;
  pthread_create(&thread, 0, try_waits, 0);
  pthread_join(thread, 0);
  kill(sleeper, SIGKILL);
  printf("sleeper: %d\n", waitpid(sleeper, 0, __WNOTHREAD) == sleeper);
  fflush(stdout);
  int ready[2];
  pipe(ready);
  pthread_create(&thread, 0, fork_with_death_signal, ready);
  pthread_join(thread, 0);
  wait(0);
}

static void death_signal(void) {
  fflush(stdout);
  int ready[2];
  pipe(ready);
  pid_t parent = fork();
  if (parent == 0) {
    if (fork() == 0) {
      const pid_t mine = getppid();
      handle(SIGUSR2);
      prctl(PR_SET_PDEATHSIG, SIGUSR2);
      count = 0;
      write(ready[1], "x", 1);
      wait_until(1);
      printf("the parent has ended: code %d, from it %d\n", seen.si_code, seen.si_pid == mine);
      fflush(stdout);
      write(ready[1], "x", 1);
      _exit(0);
    }
    char byte;
    read(ready[0], &byte, 1);
    _exit(0);
  }
  waitpid(parent, 0, 0);
  char byte;
  read(ready[0], &byte, 1);
}

/* A stop that SIGKILL has overtaken is not heard of. */
static void killed_while_stopped(void) {
  int stops = 0;
  for (int round = 0; round < 20; round++) {
    pid_t child = fork();
    if (child == 0)
      for (;;) raise(SIGSTOP);
    siginfo_t info;
    waitid(P_PID, child, &info, WSTOPPED | WNOWAIT);
    kill(child, SIGKILL);
    int status;
    waitpid(child, &status, WUNTRACED);
    if (WIFSTOPPED(status)) {
      stops++;
      waitpid(child, &status, 0);
    }
  }
  printf("stops of killed ones: %d\n", stops);
}

static void *stay(void *unused) {
  (void)unused;
  pause();
  return 0;
}

/* Any thread's number will do where a process is asked for. */
static void numbers_of_threads(void) {
  int ids[2];
  pipe(ids);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, stay, 0);
    /* The thread's number is in the list of its process's. */
    pid_t tid;
    for (tid = getpid() + 1; tid < getpid() + 1000; tid++)
      if (syscall(SYS_tgkill, getpid(), tid, 0) == 0) break;
    write(ids[1], &tid, sizeof tid);
    pause();
  }
  pid_t tid;
  read(ids[0], &tid, sizeof tid);
  SHOW(kill(tid, 0));
  SHOW(getpgid(tid) == getpgid(child));
  SHOW(getsid(tid) == getsid(child));
  SHOW(setpgid(tid, 0));
  SHOW(kill(tid, SIGKILL));
  siginfo_t info;
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  printf("killed by its thread's number: %d\n", info.si_status);
  SHOW(syscall(SYS_tkill, child, 0));
  SHOW(syscall(SYS_tgkill, child, child, 0));
  waitpid(child, 0, 0);
  SHOW(kill(child, 65));
  SHOW(kill(getpid(), 65));
}

struct arguments {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
      set_tid_size, cgroup;
};

static long clone3(struct arguments arguments) {
  fflush(stdout);
  long child = syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) {
    struct sigaction first, second;
    sigaction(SIGUSR1, 0, &first);
    sigaction(SIGUSR2, 0, &second);
    printf("handler kept %d, ignored %d\n", first.sa_handler != SIG_DFL,
           second.sa_handler == SIG_IGN);
    fflush(stdout);
    _exit(0);
  }
  if (child > 0) waitpid((pid_t)child, 0, __WALL);
  return child > 0 ? 1 : child;
}

static void clone_flags(void) {
  const uint64_t clear = (uint64_t)1 << 32;
  pid_t number;
  handle(SIGUSR1);
  signal(SIGUSR2, SIG_IGN);
  SHOW(clone3((struct arguments){.exit_signal = SIGCHLD}));
  SHOW(clone3((struct arguments){.flags = clear, .exit_signal = SIGCHLD}));
  SHOW(clone3((struct arguments){.flags = clear | CLONE_SIGHAND | CLONE_VM, .exit_signal = SIGCHLD}));
  SHOW(clone3((struct arguments){.flags = (uint64_t)1 << 40, .exit_signal = SIGCHLD}));
  SHOW(clone3((struct arguments){.flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
                                 .pidfd = (uintptr_t)&number,
                                 .parent_tid = (uintptr_t)&number,
                                 .exit_signal = SIGCHLD}));
  SHOW(clone3((struct arguments){.stack = 4096, .stack_size = UINT64_MAX - 8192}));
  SHOW(clone3((struct arguments){.flags = CLONE_IO, .exit_signal = SIGCHLD}));
  SHOW(clone3((struct arguments){.set_tid_size = 1}));
  SHOW(clone3((struct arguments){.set_tid = (uintptr_t)&number}));
  SHOW(clone3((struct arguments){.set_tid = (uintptr_t)&number, .set_tid_size = 33}));
}

int main(int argument_count, char **arguments) {
  self = arguments[1];
  if (argument_count > 2) return 0;
  setvbuf(stdout, 0, _IOLBF, 0);
  adopted_zombie();
  exit_signals();
  threads();
  death_signal();
  killed_while_stopped();
  numbers_of_threads();
  clone_flags();
  return 0;
}
