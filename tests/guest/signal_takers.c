/* SPDX-License-Identifier: Apache-2.0 */
/* Who of several threads takes a signal, and what ends at once. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "test.h"

enum { kRounds = 20, kWaiters = 4, kLongest_ms = 5000 };

static atomic_int taken, in_second, rounds, missed;

static sigset_t set_of(int first, int second) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, first);
  if (second) sigaddset(&set, second);
  return set;
}

static void *take_one(void *signals) {
  siginfo_t info;
  if (sigwaitinfo(signals, &info) > 0) taken++;
  return 0;
}

/* Each of several waiters gets one. */
static void waiters(const char *what, int first, int second, int count) {
  sigset_t set = set_of(first, second);
  sigprocmask(SIG_BLOCK, &set, 0);
  int late = 0;
  for (int round = 0; round < kRounds; round++) {
    pthread_t threads[kWaiters];
    taken = 0;
    for (int i = 0; i < count; i++) pthread_create(&threads[i], 0, take_one, &set);
    usleep(3000);
    for (int i = 0; i < count; i++) kill(getpid(), i % 2 && second ? second : first);
    for (int i = 0; i < kLongest_ms && taken < count; i++) usleep(1000);
    if (taken < count) late++;
    while (taken < count) {
      kill(getpid(), first);
      usleep(1000);
    }
    for (int i = 0; i < count; i++) pthread_join(threads[i], 0);
    siginfo_t info;
    while (sigtimedwait(&set, &info, &(struct timespec){0, 0}) > 0) {
    }
  }
  printf("%s: %d rounds in which one was not woken\n", what, late);
  sigprocmask(SIG_UNBLOCK, &set, 0);
}

static void first_handler(int signal) {
  (void)signal;
  for (int i = 0; i < kLongest_ms && !in_second; i++) {
    /* No call: nothing but another thread takes the other signal. */
    for (volatile int k = 0; k < 200000; k++) {
    }
  }
  missed += !in_second;
  rounds++;
}

static void second_handler(int signal) {
  (void)signal;
  in_second = 1;
}

static void *wait_around(void *unused) {
  (void)unused;
  for (;;) pause();
}

/* A handler's mask blocks a signal that was to be this thread's: another one takes it. */
static void retargeted(void) {
  struct sigaction action = {.sa_handler = first_handler, .sa_mask = set_of(SIGUSR2, 0)};
  sigaction(SIGUSR1, &action, 0);
  action = (struct sigaction){.sa_handler = second_handler};
  sigaction(SIGUSR2, &action, 0);
  pthread_t other;
  /* It takes what the first thread doesn't. */
  sigset_t first = set_of(SIGUSR1, 0);
  sigprocmask(SIG_BLOCK, &first, 0);
  pthread_create(&other, 0, wait_around, 0);
  sigprocmask(SIG_UNBLOCK, &first, 0);
  const pid_t self = getpid();
  for (int round = 0; round < kRounds; round++) {
    in_second = 0;
    const int before = rounds;
    pid_t sender = fork();
    if (sender == 0) {
      kill(self, SIGUSR1);
      kill(self, SIGUSR2);
      _exit(0);
    }
    while (rounds == before) {
    }
    while (waitpid(sender, 0, 0) < 0) {
    }
  }
  printf("handlers during which nobody took the other signal: %d\n", missed);
  pthread_cancel(other);
}

/* A parent that waits for vfork()'s child is ended by what nobody handles. */
static void vfork_parent(int signal) {
  fflush(stdout);
  pid_t parent = fork();
  if (parent == 0) {
    if (vfork() == 0) {
      kill(getppid(), signal);
      for (int i = 0; i < kLongest_ms; i++) {
        struct timespec millisecond = {0, 1000000};
        nanosleep(&millisecond, 0);
        if (getppid() == 1) break;
      }
      _exit(0);
    }
    _exit(1);
  }
  int status = -1;
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  waitpid(parent, &status, 0);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("status %#x, soon %d\n", status, end.tv_sec - start.tv_sec < 4);
}

static void ignored_ones(void) {
  siginfo_t info;
  sigset_t set = set_of(SIGURG, 0);
  kill(getpid(), SIGURG);
  SHOW(sigtimedwait(&set, &info, &(struct timespec){0, 0}));
  sigprocmask(SIG_BLOCK, &set, 0);
  kill(getpid(), SIGURG);
  SHOW(sigtimedwait(&set, &info, &(struct timespec){0, 0}));
  sigprocmask(SIG_UNBLOCK, &set, 0);
  /* SIGCHLD that is ignored isn't even pending. */
  set = set_of(SIGCHLD, 0);
  sigprocmask(SIG_BLOCK, &set, 0);
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(0);
  SHOW(wait(0));
  SHOW(sigtimedwait(&set, &info, &(struct timespec){0, 0}));
  signal(SIGCHLD, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &set, 0);
}

/* The limit is for all queues; what the kernel and kill() tell of the old signals has none. */
static void limit(void) {
  if (fork() == 0) {
    sigset_t set;
    sigfillset(&set);
    sigprocmask(SIG_BLOCK, &set, 0);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_SIGPENDING, &none);
    const union sigval value = {7};
    SHOW(sigqueue(getpid(), SIGRTMIN, value));
    SHOW(sigqueue(getpid(), SIGUSR2, value));
    SHOW(kill(getpid(), SIGUSR1));
    siginfo_t info;
    SHOW(sigtimedwait(&set, &info, &(struct timespec){0, 0}));
    printf("sender known %d\n", info.si_pid == getpid());
    SHOW(sigtimedwait(&set, &info, &(struct timespec){0, 0}));
    printf("value %d\n", info.si_value.sival_int);
    fflush(stdout);
    _exit(0);
  }
  while (wait(0) > 0) {
  }
}

int main(void) {
  waiters("real-time", SIGRTMIN, 0, kWaiters);
  waiters("standard", SIGUSR1, SIGUSR2, 2);
  retargeted();
  vfork_parent(SIGTERM);
  vfork_parent(SIGRTMIN + 3);
  ignored_ones();
  fflush(stdout);
  limit();
  return 0;
}
