// SPDX-License-Identifier: Apache-2.0
// A storm of signals: between processes, between threads, from timers; into handlers, waits and
// guest code. Standard ones may merge, queued ones may not get lost nor come out of order.
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum { kSenders = 4, kEach = 500, kThreads = 4, kRounds = 300 };

static volatile int received[kSenders];
static volatile int disordered;

static void on_queued(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  int sender = info->si_value.sival_int / kEach, sequence = info->si_value.sival_int % kEach;
  if (received[sender] != sequence) disordered++;
  received[sender] = sequence + 1;
}

static void queued_between_processes(void) {
  struct sigaction action = {.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGRTMIN + 1, &action, 0);
  pid_t receiver = getpid();
  fflush(stdout);
  for (int sender = 0; sender < kSenders; sender++)
    if (fork() == 0) {
      for (int i = 0; i < kEach; i++) {
        union sigval value = {.sival_int = sender * kEach + i};
        while (sigqueue(receiver, SIGRTMIN + 1, value)) usleep(100);
      }
      _exit(0);
    }
  int left = kSenders, status, bad = 0;
  while (left > 0)
    if (wait(&status) > 0) {
      left--;
      bad += status != 0;
    }
  int all = 0;
  for (int sender = 0; sender < kSenders; sender++) all += received[sender];
  printf("queued: %d of %d, out of order %d, senders failed %d\n", all, kSenders * kEach, disordered,
         bad);
}

static volatile int stop, caught;
static void on_thread(int number) {
  (void)number;
  __atomic_add_fetch(&caught, 1, __ATOMIC_RELAXED);
}
static void *busy(void *counter) {
  volatile unsigned *count = counter;
  while (!stop) ++*count;
  return 0;
}
static void *sleeping(void *unused) {
  struct timespec time = {100, 0};
  (void)unused;
  while (!stop) nanosleep(&time, 0);
  return 0;
}

static void between_threads(void) {
  struct sigaction action = {.sa_handler = on_thread};
  sigaction(SIGUSR1, &action, 0);
  pthread_t threads[kThreads];
  unsigned counts[kThreads] = {0};
  for (int i = 0; i < kThreads; i++)
    pthread_create(&threads[i], 0, i % 2 ? busy : sleeping, &counts[i]);
  for (int round = 0; round < kRounds; round++)
    for (int i = 0; i < kThreads; i++) pthread_kill(threads[i], SIGUSR1);
  /* None is missed for good: each thread still answers. */
  for (int i = 0; i < kThreads; i++) {
    int before = caught;
    do pthread_kill(threads[i], SIGUSR1), usleep(100);
    while (caught == before);
  }
  stop = 1;
  for (int i = 0; i < kThreads; i++) {
    pthread_kill(threads[i], SIGUSR1);
    pthread_join(threads[i], 0);
  }
  printf("threads: %s\n", caught >= 2 * kThreads ? "all answer" : "some don't");
}

static sigjmp_buf back;
static void jump(int number) { siglongjmp(back, number); }

static void jumps_out_of_handlers(void) {
  struct sigaction action = {.sa_handler = jump};
  sigaction(SIGVTALRM, &action, 0);
  struct itimerval timer = {{0, 1000}, {0, 1000}};
  volatile int jumps = 0;
  volatile unsigned spins = 0;
  setitimer(ITIMER_VIRTUAL, &timer, 0);
  sigsetjmp(back, 1);
  while (++jumps <= 20) {
    unsigned before = spins;
    while (spins - before < 4000000000u) spins++;
  }
  struct itimerval none = {{0, 0}, {0, 0}};
  setitimer(ITIMER_VIRTUAL, &none, 0);
  printf("jumps: %d\n", jumps);
}

static void kills_at_any_moment(void) {
  int as_sent = 0;
  for (int round = 0; round < 100; round++) {
    pid_t child = fork();
    if (child == 0) {
      for (;;)
        if (fork() == 0) _exit(0);
        else
          wait(0);
    }
    usleep(round * 37 % 1500);
    kill(child, SIGKILL);
    int status;
    as_sent += waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
               WTERMSIG(status) == SIGKILL;
  }
  printf("killed: %d\n", as_sent);
}

static void stops_and_continues(void) {
  pid_t child = fork();
  if (child == 0)
    for (volatile unsigned spins = 0;;) spins++;
  int stopped = 0, continued = 0, status;
  for (int round = 0; round < 100; round++) {
    kill(child, SIGSTOP);
    stopped += waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status);
    kill(child, SIGCONT);
    continued += waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status);
  }
  kill(child, SIGTERM);
  waitpid(child, &status, 0);
  printf("stopped %d, continued %d, ended by %d\n", stopped, continued, WTERMSIG(status));
}

int main(void) {
  queued_between_processes();
  between_threads();
  jumps_out_of_handlers();
  kills_at_any_moment();
  stops_and_continues();
  return 0;
}
