// SPDX-License-Identifier: Apache-2.0
// What a timer tells of the times it was due before its signal was taken.
#define _GNU_SOURCE
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum way { BY_HANDLER, BY_WAITING, BY_FILE };
static const char *const ways[] = {"handler", "sigtimedwait", "signalfd"};
static const int64_t kMs = 1000000;

static volatile sig_atomic_t handled, handled_overrun;
static void handle(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  if (!handled++) handled_overrun = info->si_overrun;
}

static int64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static struct timespec span(int64_t ns) {
  return (struct timespec){ns / 1000000000, ns % 1000000000};
}

// Takes what is there. How often, and the first one's overrun.
static int take(enum way way, int signal, int *overrun) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  int taken = 0;
  if (way == BY_HANDLER) {
    handled = 0;
    sigprocmask(SIG_UNBLOCK, &set, 0);
    sigprocmask(SIG_BLOCK, &set, 0);
    *overrun = handled_overrun;
    return handled;
  }
  if (way == BY_WAITING) {
    siginfo_t info;
    const struct timespec none = {0, 0};
    while (taken < 3 && sigtimedwait(&set, &info, &none) == signal) {
      if (!taken++) *overrun = info.si_overrun;
    }
    return taken;
  }
  struct signalfd_siginfo info;
  int fd = signalfd(-1, &set, SFD_NONBLOCK);
  while (taken < 3 && read(fd, &info, sizeof info) == sizeof info) {
    if (!taken++) *overrun = (int)info.ssi_overrun;
  }
  close(fd);
  return taken;
}

static void work_for(clockid_t clock, int64_t ns) {
  const int64_t end = now(clock) + ns;
  while (now(clock) < end) {
  }
}

static void blocked(enum way way, int signal, clockid_t clock, int64_t interval) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
  timer_create(clock, &event, &timer);
  struct itimerspec setting = {span(interval), span(interval)}, left;
  const int64_t start = now(clock);
  timer_settime(timer, 0, &setting, 0);
  if (clock == CLOCK_MONOTONIC) {
    struct timespec pause = span(2 * kMs + interval * 7 / 2);
    if (interval < kMs) pause = span(20 * kMs);
    nanosleep(&pause, 0);
  } else {
    work_for(clock, 70 * kMs);
  }
  timer_gettime(timer, &left);
  const int64_t left_ns = left.it_value.tv_sec * 1000000000ll + left.it_value.tv_nsec;
  int overrun = -1;
  const int before = timer_getoverrun(timer), taken = take(way, signal, &overrun);
  const int64_t most = (now(clock) - start) / interval - 1;
  const int64_t least = interval < kMs ? kMs : 2;
  printf("%s, signal %d, interval %lld: left %d, overrun %d, then %s\n", ways[way], signal,
         (long long)interval, left_ns > 0 && left_ns <= interval, before,
         overrun < least ? "too few" : overrun > most ? "too many" : "right");
  // Not one for each time, nor what came meanwhile.
  if (interval >= kMs) {
    printf("taken %s\n", taken == 0 ? "none" : taken <= 2 ? "once" : "often");
    printf("as timer_getoverrun: %d\n", taken != 1 || overrun == timer_getoverrun(timer));
    // It goes on.
    for (int i = 0; i < 2; i++) {
      while (!take(way, signal, &overrun)) {
        if (clock == CLOCK_MONOTONIC) usleep(1000);
      }
    }
    SHOW_OK(timer_settime(timer, 0, &setting, 0));
    SHOW(timer_getoverrun(timer));
  }
  timer_delete(timer);
  while (take(way, signal, &overrun)) {
  }
}

// One whose signal, once let through, does nothing.
static void ignored(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCONT);
  sigprocmask(SIG_BLOCK, &set, 0);
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
  struct itimerspec setting = {span(10 * kMs), span(10 * kMs)};
  SHOW_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
  SHOW_OK(timer_settime(timer, 0, &setting, 0));
  usleep(45000);
  sigprocmask(SIG_UNBLOCK, &set, 0);
  SHOW(timer_getoverrun(timer) >= 2);
  timer_delete(timer);
}

// One that sends nothing.
static void silent(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  struct itimerspec setting = {span(50), span(kMs)}, left;
  SHOW_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
  SHOW_OK(timer_settime(timer, 0, &setting, 0));
  usleep(20000);
  SHOW_OK(timer_gettime(timer, &left));
  printf("left %d\n", left.it_value.tv_sec == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 50);
  SHOW(timer_getoverrun(timer));
  timer_delete(timer);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  const int signals[] = {SIGUSR1, SIGRTMIN + 1};
  for (int i = 0; i < 2; i++) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, 0);
    sigaction(signals[i], &action, 0);
    for (enum way way = BY_HANDLER; way <= BY_FILE; way++) {
      blocked(way, signals[i], CLOCK_MONOTONIC, 30 * kMs);
      blocked(way, signals[i], CLOCK_MONOTONIC, 2);
      blocked(way, signals[i], CLOCK_PROCESS_CPUTIME_ID, 20 * kMs);
    }
  }
  ignored();
  silent();
  return 0;
}
