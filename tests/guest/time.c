/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks and sleeping. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static int64_t ns(struct timespec t) { return t.tv_sec * 1000000000ll + t.tv_nsec; }

int main(void) {
  struct timespec a, b, left;
  for (int clock = -1; clock < 14; clock++) {
    printf("clock %d: gettime %s", clock, syscall(SYS_clock_gettime, clock, &a) ? errno_name(errno) : "ok");
    printf(", getres %s\n", syscall(SYS_clock_getres, clock, &a) ? errno_name(errno) : "ok");
  }
  SHOW_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8));
  SHOW_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 0x123456789abcull));
  SHOW_OK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, -8));
  SHOW_OK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, 0));
  SHOW_OK(syscall(SYS_gettimeofday, 0, 0));
  SHOW_OK(syscall(SYS_gettimeofday, 8, 0));
  SHOW_OK(syscall(SYS_time, 8));
  printf("time agrees: %d\n", time(0) - syscall(SYS_time, 0) <= 1);

  clock_gettime(CLOCK_MONOTONIC, &a);
  struct timespec wait = {0, 20000000};
  SHOW_OK(nanosleep(&wait, &left));
  clock_gettime(CLOCK_MONOTONIC, &b);
  printf("slept long enough: %d\n", ns(b) - ns(a) >= 20000000);
  wait.tv_nsec = 1000000000;
  SHOW_OK(nanosleep(&wait, 0));
  wait.tv_nsec = -1;
  SHOW_OK(nanosleep(&wait, 0));
  wait = (struct timespec){-1, 0};
  SHOW_OK(nanosleep(&wait, 0));
  SHOW_OK(syscall(SYS_nanosleep, 8, 0));
  b.tv_nsec += 10000000;
  if (b.tv_nsec >= 1000000000) b.tv_nsec -= 1000000000, b.tv_sec++;
  SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &b, 0));
  clock_gettime(CLOCK_MONOTONIC, &a);
  printf("slept until then: %d\n", ns(a) >= ns(b));
  b.tv_sec -= 100;
  SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &b, 0));
  wait = (struct timespec){0, 1};
  SHOW(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &wait, 0));
  SHOW(clock_nanosleep(99, 0, &wait, 0));
  return 0;
}
