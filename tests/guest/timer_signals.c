// SPDX-License-Identifier: Apache-2.0
// Each timer has room for a signal of its own, whatever else of the same number is pending.
#define _GNU_SOURCE
#include <signal.h>
#include <time.h>

#include "test.h"

static int made;

static timer_t create(int signal, int value) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
  event.sigev_value.sival_int = value;
  timer_t timer = 0;
  made += timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
  return timer;
}

static void fire(timer_t timer) {
  const struct itimerspec soon = {{0, 0}, {0, 1000}};
  struct itimerspec left;
  timer_settime(timer, 0, &soon, 0);
  do {
    usleep(1000);
    timer_gettime(timer, &left);
  } while (left.it_value.tv_sec || left.it_value.tv_nsec);
  // It is no longer set, and about to be sent.
  usleep(200000);
}

static void take(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  const struct timespec none = {0, 0};
  siginfo_t info;
  while (sigtimedwait(&set, &info, &none) == signal) {
    printf("code %d", info.si_code);
    if (info.si_code == SI_TIMER) printf(" value %d overrun %d", info.si_value.sival_int, info.si_overrun);
    puts("");
  }
}

static void with(int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, 0);
  timer_t first = create(signal, 1);
  timer_t second = create(signal, 2);
  puts("two timers");
  fire(first);
  fire(second);
  take(signal);
  puts("kill, then a timer, then kill");
  kill(getpid(), signal);
  fire(first);
  kill(getpid(), signal);
  take(signal);
  puts("both, twice");
  fire(second);
  fire(first);
  fire(first);
  take(signal);
  timer_delete(first);
  timer_delete(second);
}

int main(void) {
  with(SIGUSR1);
  with(SIGRTMIN + 1);
  printf("made %d\n", made);
  return 0;
}
