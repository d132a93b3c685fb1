/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of stacks and of queued signals, as far as they are alike everywhere. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "test.h"

static void stack(void) {
  struct rlimit old, fresh;
  getrlimit(RLIMIT_STACK, &old);
  fresh = old;
  fresh.rlim_cur = 1 << 20;
  SHOW(setrlimit(RLIMIT_STACK, &fresh));
  fresh.rlim_cur = fresh.rlim_max;
  SHOW(setrlimit(RLIMIT_STACK, &fresh));
  getrlimit(RLIMIT_STACK, &fresh);
  printf("unlimited as before: %d\n", fresh.rlim_cur == old.rlim_max);
  SHOW(setrlimit(RLIMIT_STACK, &old));
}

/* Each timer takes the place of a signal. */
static void timers(void) {
  fflush(stdout);
  if (fork() == 0) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_SIGPENDING, &none);
    timer_t timer;
    SHOW(timer_create(CLOCK_REALTIME, 0, &timer));
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  timer_t timer;
  SHOW(timer_create(CLOCK_REALTIME, 0, &timer));
  SHOW(timer_delete(timer));
  /* What only tells the time. */
  SHOW(timer_create(CLOCK_MONOTONIC_RAW, 0, &timer));
  SHOW(timer_create(CLOCK_REALTIME_COARSE, 0, &timer));
  const struct timespec soon = {0, 1};
  SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &soon, 0));
  SHOW(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_COARSE, 0, &soon, 0));
}

/* A word that isn't there: only who looks at it minds. */
static void absent_words(void) {
  char *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page, 4096);
  SHOW(syscall(SYS_futex, page, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  SHOW(syscall(SYS_futex, 8, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
  SHOW(syscall(SYS_futex, 8, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0));
  SHOW(syscall(SYS_futex, 8, FUTEX_WAKE, 1, 0, 0, 0));
}

int main(void) {
  stack();
  timers();
  absent_words();
  return 0;
}
