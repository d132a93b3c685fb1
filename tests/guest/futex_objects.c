/* SPDX-License-Identifier: Apache-2.0 */
/* Waiters whose memory is gone are no concern of those who get the next object, wherever it lies. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kWaiters = 32, kTries = 64 };

static long futex(int *word, int operation, int value) {
  return syscall(SYS_futex, word, operation, value, 0, 0, 0);
}

static int *shared_word(void) {
  return mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void *wait_for_wake(void *word) {
  futex(word, FUTEX_WAIT, 0);
  return 0;
}

static void *wait_for_lock(void *word) {
  futex(word, FUTEX_LOCK_PI, 0);
  return 0;
}

/* Threads wait on words that are unmapped then. */
static void abandon(void *(*wait_for)(void *), int value, int ready) {
  static int *words[kWaiters];
  for (int i = 0; i < kWaiters; i++) {
    pthread_t thread;
    words[i] = shared_word();
    *words[i] = value;
    if (pthread_create(&thread, 0, wait_for, words[i])) _exit(1);
  }
  usleep(200000);
  for (int i = 0; i < kWaiters; i++) munmap(words[i], 4096);
  if (write(ready, "x", 1) != 1) _exit(1);
  for (;;) pause();
}

static void test(int locks) {
  int ready[2];
  if (pipe(ready)) return;
  const int owner = getpid();
  fflush(stdout);
  pid_t other = fork();
  if (other == 0) abandon(locks ? wait_for_lock : wait_for_wake, locks ? owner : 0, ready[1]);
  char byte;
  if (read(ready[0], &byte, 1) != 1) return;
  long woken = 0;
  int lost = 0;
  for (int i = 0; i < kTries; i++) {
    int *word = shared_word();
    *word = locks ? owner : 0;
    if (locks)
      lost += futex(word, FUTEX_UNLOCK_PI, 0) != 0 || *word != 0;
    else
      woken += futex(word, FUTEX_WAKE, 1);
  }
  printf("%s: %ld woken, %d locks lost\n", locks ? "locks" : "words", woken, lost);
  kill(other, SIGKILL);
  waitpid(other, 0, 0);
}

int main(void) {
  test(0);
  test(1);
  return 0;
}
