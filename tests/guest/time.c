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

/* The clock of all CPU time of a process. */
static int clock_of(int pid) { return (int)((unsigned)~pid << 3 | 2); }

static void show_setting(void) {
  drop_capability(CAP_SYS_TIME);
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  if (!clock_settime(CLOCK_REALTIME, &time)) {
    puts("may set the clock");
    return;
  }
  for (int clock = -8; clock < 14; clock++)
    printf("clock %d: settime %s\n", clock, syscall(SYS_clock_settime, clock, &time) ? errno_name(errno) : "ok");
  SHOW_OK(syscall(SYS_clock_settime, clock_of(0), &time));
  SHOW_OK(syscall(SYS_clock_settime, clock_of(0x1fffffff), &time));
  SHOW_OK(syscall(SYS_clock_settime, CLOCK_REALTIME, 8));
  SHOW_OK(syscall(SYS_clock_settime, CLOCK_MONOTONIC, 8));
  SHOW_OK(syscall(SYS_clock_settime, CLOCK_PROCESS_CPUTIME_ID, 8));
  SHOW_OK(syscall(SYS_clock_settime, -6, 8));
  SHOW_OK(syscall(SYS_clock_settime, -5, 8));
  const int64_t seconds[] = {-1, 1, 8277292035, 8277292036, INT64_MAX};
  const int64_t fractions[] = {-1, 999999, 1000000, 999999999, 1000000000};
  for (int i = 0; i < 5; i++) {
    for (int j = 0; j < 5; j++) {
      time = (struct timespec){seconds[i], fractions[j]};
      printf("%lld.%lld: ", (long long)seconds[i], (long long)fractions[j]);
      SHOW_OK(syscall(SYS_clock_settime, CLOCK_REALTIME, &time));
      SHOW_OK(syscall(SYS_settimeofday, &time, 0));
    }
  }
  struct timezone zone = {100000, 0};
  SHOW_OK(syscall(SYS_settimeofday, 0, 0));
  SHOW_OK(syscall(SYS_settimeofday, 0, &zone));
  SHOW_OK(syscall(SYS_settimeofday, 0, 8));
  SHOW_OK(syscall(SYS_settimeofday, 8, 0));
}

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
  show_setting();
  return 0;
}
