/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Threads go into calls that wait for ever at the moment in which their process ends. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kRounds = 1500, kLongest_s = 30, kPatience_ms = 5000 };

static int empty[2], full[2];
static volatile int started, delay;
static int which;

static void *wait_for_ever(void *unused) {
  (void)unused;
  char byte = 0;
  struct iovec one = {&byte, 1};
  started = 1;
  for (volatile int i = 0; i < delay; i++) {
  }
  if (which == 0) syscall(SYS_preadv2, empty[0], &one, 1L, -1L, -1L, 4L /* RWF_SYNC */);
  if (which == 1) syscall(SYS_pwritev2, full[1], &one, 1L, -1L, -1L, 4L /* RWF_SYNC */);
  if (which == 2) read(empty[0], &byte, 1);
  return 0;
}

/* Whether it ends by itself. */
static int end_meanwhile(void) {
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    if (pthread_create(&thread, 0, wait_for_ever, 0)) _exit(1);
    while (!started) {
    }
    _exit(0);
  }
  for (int i = 0; i < kPatience_ms * 5; i++) {
    if (waitpid(child, 0, WNOHANG) == child) return 1;
    usleep(200);
  }
  kill(child, SIGKILL);
  usleep(500000);
  printf("call %d, delay %d: stuck; killed: %d\n", which, delay, waitpid(child, 0, WNOHANG));
  return 0;
}

int main(void) {
  if (pipe(empty) || pipe2(full, O_NONBLOCK)) return 1;
  static char page[4096];
  while (write(full[1], page, sizeof page) > 0) {
  }
  fcntl(full[1], F_SETFL, 0);
  const time_t end = time(0) + kLongest_s;
  for (int round = 0; round < kRounds && time(0) < end; round++) {
    which = round % 3;
    delay = round * 37 % 4000;
    if (!end_meanwhile()) return 2;
  }
  printf("all have ended\n");
  return 0;
}
