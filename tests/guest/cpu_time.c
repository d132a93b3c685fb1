// SPDX-License-Identifier: Apache-2.0
// Clocks, timers and limits of CPU time.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static void *volatile nowhere = (void *)8;
static volatile sig_atomic_t count;
static volatile siginfo_t last;
static void note(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  count++;
  last = *info;
}

static int64_t now(clockid_t clock) {
  struct timespec time = {0, 0};
  if (syscall(SYS_clock_gettime, clock, &time) != 0) return -1;
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void spend(int64_t ns) {
  int64_t start = now(CLOCK_THREAD_CPUTIME_ID);
  while (now(CLOCK_THREAD_CPUTIME_ID) - start < ns)
    for (volatile int i = 0; i < 10000; i++) {
    }
}

static void interval_timer(int which, int signal) {
  struct itimerval setting = {{0, 20000}, {0, 30000}}, old;
  count = 0;
  int64_t start = now(CLOCK_PROCESS_CPUTIME_ID);
  SHOW(setitimer(which, &setting, 0));
  usleep(60000);
  printf("asleep: %d\n", count);
  while (count < 3)
    for (volatile int i = 0; i < 10000; i++) {
    }
  int64_t spent = now(CLOCK_PROCESS_CPUTIME_ID) - start;
  /* Linux may count whole ticks for parts of them. */
  printf("signal %d code %d, not early %d\n", last.si_signo == signal, last.si_code, spent > 10000000);
  SHOW(getitimer(which, &old));
  printf("armed %d, interval %ld\n", old.it_value.tv_sec != 0 || old.it_value.tv_usec != 0,
         old.it_interval.tv_usec);
  SHOW(setitimer(which, 0, &old));
  SHOW(getitimer(which, &old));
  printf("off %d\n", old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
}

static void *spender(void *argument) {
  spend((intptr_t)argument);
  return 0;
}

static void created_timer(clockid_t clock) {
  timer_t timer;
  struct sigevent event = {
      .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 7};
  struct itimerspec setting = {{0, 0}, {0, 40000000}}, old;
  SHOW(timer_create(clock, &event, &timer));
  count = 0;
  SHOW(timer_settime(timer, 0, &setting, 0));
  // Only all of the process's time is spent by another thread.
  pthread_t thread;
  pthread_create(&thread, 0, spender, (void *)60000000);
  pthread_join(thread, 0);
  usleep(10000);
  printf("by another thread: %d\n", count);
  if (count == 0) spend(60000000);
  while (count < 1) usleep(1000);
  printf("code %d value %d\n", last.si_code, last.si_value.sival_int);
  SHOW(timer_gettime(timer, &old));
  printf("off %d\n", old.it_value.tv_sec == 0 && old.it_value.tv_nsec == 0);
  // A point in its time that has passed.
  setting.it_value.tv_nsec = 1;
  count = 0;
  SHOW(timer_settime(timer, TIMER_ABSTIME, &setting, 0));
  spend(20000000);
  while (count < 1) usleep(1000);
  SHOW(timer_delete(timer));
}

static void clocks(void) {
  clockid_t process, thread;
  SHOW(clock_getcpuclockid(0, &process));
  SHOW(now(process) > 0);
  SHOW(clock_getcpuclockid(getpid(), &process));
  int64_t both[2] = {now(process), now(CLOCK_PROCESS_CPUTIME_ID)};
  printf("same: %d\n", both[0] <= both[1] && both[1] - both[0] < 1000000000);
  SHOW(pthread_getcpuclockid(pthread_self(), &thread) == 0 && now(thread) > 0);
  struct timespec step;
  SHOW(syscall(SYS_clock_getres, process, &step));
  SHOW(syscall(SYS_clock_getres, thread, 0));
  for (int kind = 0; kind < 3; kind++) {
    syscall(SYS_clock_getres, (process & ~3) | kind, &step);
    printf("step %ld, ", step.tv_nsec);
    syscall(SYS_clock_getres, (thread & ~3) | kind, &step);
    printf("of the thread's %ld\n", step.tv_nsec);
  }
  SHOW(now(process & ~3) >= 0);
  SHOW(now((process & ~3) | 1) >= 0);
  SHOW(now(process | 3));
  SHOW(now(-12345 * 8 + 2));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    for (;;) spend(30000000);
  }
  clockid_t its;
  SHOW(clock_getcpuclockid(child, &its));
  while (now(its) < 30000000) usleep(5000);
  printf("the child's advances\n");
  struct timespec until = {0, 1};
  SHOW(syscall(SYS_clock_nanosleep, its, TIMER_ABSTIME, &until, 0));
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  SHOW(now(its));
  SHOW(syscall(SYS_clock_getres, its, &step));
}

static void sleeping(void) {
  struct timespec time = {0, 30000000}, left = {77, 77};
  pthread_t thread;
  pthread_create(&thread, 0, spender, (void *)100000000);
  int64_t start = now(CLOCK_PROCESS_CPUTIME_ID);
  SHOW(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &time, 0));
  printf("slept %d\n", now(CLOCK_PROCESS_CPUTIME_ID) - start >= 30000000);
  pthread_join(thread, 0);
  time.tv_sec = 100;
  ualarm(30000, 0);
  SHOW(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &time, &left));
  printf("left %d\n", left.tv_sec == 100 || left.tv_sec == 99);
  time.tv_nsec = -1;
  SHOW(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &time, 0));
  SHOW(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, nowhere, 0));
  SHOW(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &time, 0));
}

static void child_with_limit(struct rlimit limit, int handled) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (handled) {
      struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
      sigaction(SIGXCPU, &action, 0);
    }
    count = 0;
    setrlimit(RLIMIT_CPU, &limit);
    // Its own children begin anew.
    pid_t grandchild = fork();
    if (grandchild == 0) _exit(0);
    waitpid(grandchild, 0, 0);
    while (!handled || count < 2)
      for (volatile int i = 0; i < 10000; i++) {
      }
    struct rlimit after;
    getrlimit(RLIMIT_CPU, &after);
    printf("signals %d code %d, soft %ld hard %ld\n", count, last.si_code, (long)after.rlim_cur,
           (long)after.rlim_max);
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("status %#x\n", status & 0x7f);
}

static void limits(void) {
  child_with_limit((struct rlimit){1, RLIM_INFINITY}, 0);
  child_with_limit((struct rlimit){1, 10}, 1);
  child_with_limit((struct rlimit){0, 1}, 0);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGPROF, &action, 0);
  sigaction(SIGVTALRM, &action, 0);
  sigaction(SIGRTMIN, &action, 0);
  sigaction(SIGALRM, &action, 0);
  interval_timer(ITIMER_PROF, SIGPROF);
  interval_timer(ITIMER_VIRTUAL, SIGVTALRM);
  created_timer(CLOCK_PROCESS_CPUTIME_ID);
  created_timer(CLOCK_THREAD_CPUTIME_ID);
  clocks();
  sleeping();
  limits();
  return 0;
}
