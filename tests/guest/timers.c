// SPDX-License-Identifier: Apache-2.0
// Timers, what was used, names and other traits of a process.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static void *volatile nowhere = (void *)8;
static volatile int count;
static volatile siginfo_t last;
static void note(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)context;
  count++;
  last = *info;
}

static void wait_for(int wanted) {
  while (count < wanted) usleep(1000);
}

static void real_timer(void) {
  struct itimerval setting = {{0, 0}, {0, 20000}}, old;
  count = 0;
  SHOW(setitimer(ITIMER_REAL, &setting, 0));
  wait_for(1);
  printf("alarm: %d code %d\n", last.si_signo, last.si_code > 0);
  SHOW(getitimer(ITIMER_REAL, &old));
  printf("spent: %d\n", old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
  setting.it_interval.tv_usec = 5000;
  count = 0;
  setitimer(ITIMER_REAL, &setting, 0);
  wait_for(3);
  setting = (struct itimerval){{0, 0}, {0, 0}};
  SHOW(setitimer(ITIMER_REAL, &setting, &old));
  printf("interval: %d\n", old.it_interval.tv_usec == 5000);
  SHOW(alarm(100));
  SHOW(alarm(0));
  SHOW(setitimer(77, &setting, 0));
  SHOW(getitimer(77, &old));
  setting.it_value.tv_usec = 1000000;
  SHOW(setitimer(ITIMER_REAL, &setting, 0));
  SHOW(setitimer(ITIMER_REAL, nowhere, 0));
  // A child does not inherit it, a program that is executed would.
  alarm(100);
  fflush(stdout);
  if (fork() == 0) _exit(alarm(0));
  int status;
  wait(&status);
  printf("inherited: %d\n", status);
  alarm(0);
}

static void created_timers(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 55};
  struct itimerspec setting = {{0, 3000000}, {0, 10000000}}, old;
  SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
  count = 0;
  SHOW(timer_settime(timer, 0, &setting, 0));
  wait_for(3);
  printf("timer: code %d value %d\n", last.si_code, last.si_value.sival_int);
  SHOW(timer_gettime(timer, &old));
  printf("interval: %ld\n", old.it_interval.tv_nsec);
  SHOW(timer_getoverrun(timer) >= 0);
  SHOW(timer_delete(timer));
  SHOW(syscall(SYS_timer_delete, 12345));
  SHOW(syscall(SYS_timer_gettime, 12345, &old));
  SHOW(syscall(SYS_timer_settime, 12345, 0, &setting, 0));
  SHOW(syscall(SYS_timer_getoverrun, 12345));
  SHOW(syscall(SYS_timer_create, 99, &event, &timer));
  event.sigev_signo = 99;
  SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &timer));
  event.sigev_signo = SIGRTMIN;
  SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &event, nowhere));
  SHOW(timer_create(CLOCK_REALTIME, &event, &timer));
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  setting = (struct itimerspec){{0, 0}, now};
  count = 0;
  SHOW(timer_settime(timer, TIMER_ABSTIME, &setting, 0));
  wait_for(1);
  setting.it_value.tv_nsec = -1;
  SHOW(timer_settime(timer, 0, &setting, 0));
  SHOW(timer_settime(timer, 0, nowhere, 0));
  /* Numbers are used again late. */
  int first = -1, second = -1;
  SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &first));
  SHOW(syscall(SYS_timer_delete, first));
  SHOW(syscall(SYS_timer_create, CLOCK_REALTIME, &event, &second));
  printf("another number: %d\n", first != second);
}

static void usage(void) {
  for (volatile long i = 0; i < 30000000; i++) {
  }
  struct rusage used;
  SHOW(getrusage(RUSAGE_SELF, &used));
  printf("used: %d\n", used.ru_utime.tv_sec * 1000000 + used.ru_utime.tv_usec > 1000);
  fflush(stdout);
  if (fork() == 0) {
    for (volatile long i = 0; i < 30000000; i++) {
    }
    _exit(0);
  }
  wait(0);
  SHOW(getrusage(RUSAGE_CHILDREN, &used));
  printf("children used: %d\n", used.ru_utime.tv_sec * 1000000 + used.ru_utime.tv_usec > 1000);
  SHOW(getrusage(RUSAGE_THREAD, &used));
  SHOW(getrusage(77, &used));
  SHOW(syscall(SYS_getrusage, RUSAGE_SELF, nowhere));
  struct tms ticks;
  SHOW_OK(times(&ticks));
  SHOW_OK(syscall(SYS_times, 0));
  SHOW(syscall(SYS_times, nowhere));
  SHOW(sched_yield());
}

static void traits(void) {
  char name[16];
  SHOW(prctl(PR_SET_NAME, "a name that is too long"));
  SHOW(prctl(PR_GET_NAME, name));
  printf("name: %s\n", name);
  SHOW(prctl(PR_GET_NAME, nowhere));
  SHOW(prctl(PR_SET_NAME, nowhere));
  int value = -1;
  SHOW(prctl(PR_SET_PDEATHSIG, SIGTERM));
  SHOW(prctl(PR_GET_PDEATHSIG, &value));
  printf("death: %d\n", value);
  SHOW(prctl(PR_SET_PDEATHSIG, 99));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SHOW(prctl(12345));
  SHOW(prctl(PR_SET_CHILD_SUBREAPER, 1));
  SHOW(prctl(PR_GET_CHILD_SUBREAPER, &value));
  printf("subreaper: %d\n", value);
  fflush(stdout);
  pid_t self = getpid();
  int ends[2];
  pipe(ends);
  if (fork() == 0) {
    if (fork() == 0) {
      while (getppid() != self) usleep(1000);
      write(ends[1], "r", 1);
      _exit(21);
    }
    _exit(0);
  }
  char byte;
  read(ends[0], &byte, 1);
  int ended = 0, status, sum = 0;
  while (wait(&status) > 0) ended++, sum += WEXITSTATUS(status);
  printf("adopted: %d %d\n", ended, sum);
  SHOW(syscall(SYS_membarrier, 0, 0, 0) > 0);
  SHOW(syscall(SYS_membarrier, 12345, 0, 0));
  SHOW(syscall(SYS_membarrier, 16, 0, 0));
  SHOW(syscall(SYS_membarrier, 8, 0, 0));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, 0);
  sigaction(SIGRTMIN, &action, 0);
  real_timer();
  created_timers();
  usage();
  traits();
  return 0;
}
