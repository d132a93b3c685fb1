// SPDX-License-Identifier: Apache-2.0
// How many waiters a call wakes and moves, and words that no protocol left.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <time.h>

#include "test.h"

enum { kWaiters = 3 };

static unsigned words[2];
static volatile int gone;

static long futex(unsigned *word, int operation, unsigned value, long more, unsigned *second,
                  unsigned third) {
  return syscall(SYS_futex, word, operation, value, more, second, third);
}

static void *wait_for(void *word) {
  futex(word, FUTEX_WAIT, 0, 0, 0, 0);
  __atomic_fetch_add(&gone, 1, __ATOMIC_SEQ_CST);
  return 0;
}

static pthread_t threads[kWaiters];

// All wait for the first word: the call that moves nobody tells.
static void start(void) {
  gone = 0;
  for (int i = 0; i < kWaiters; i++) {
    pthread_create(&threads[i], 0, wait_for, &words[0]);
    // One more is there once one more can be moved to itself.
    while (futex(&words[0], FUTEX_CMP_REQUEUE, 0, kWaiters, &words[0], 0) != i + 1) usleep(1000);
  }
}

static void finish(void) {
  while (gone < kWaiters) {
    futex(&words[0], FUTEX_WAKE, kWaiters, 0, 0, 0);
    futex(&words[1], FUTEX_WAKE, kWaiters, 0, 0, 0);
    usleep(1000);
  }
  for (int i = 0; i < kWaiters; i++) pthread_join(threads[i], 0);
}

#define WITH_WAITERS(call) \
  do {                     \
    start();               \
    SHOW(call);            \
    finish();              \
  } while (0)

static void locks(void) {
  unsigned word = FUTEX_WAITERS;
  SHOW(futex(&word, FUTEX_LOCK_PI, 0, 0, 0, 0));
  printf("mine %d, waiters %d\n", (word & FUTEX_TID_MASK) == (unsigned)gettid(),
         (word & FUTEX_WAITERS) != 0);
  SHOW(futex(&word, FUTEX_UNLOCK_PI, 0, 0, 0, 0));
  printf("%x\n", word);
}

int main(void) {
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE, 0, 0, 0, 0));
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE, 1, 0, 0, 0));
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE, 2, 0, 0, 0));
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE, -1u, 0, 0, 0));
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE, 0x80000000u, 0, 0, 0));
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE, 0x7fffffff, 0, 0, 0));
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE_BITSET, 0, 0, 0, 1));
  WITH_WAITERS(futex(&words[0], FUTEX_REQUEUE, 1, 1, &words[1], 0));
  WITH_WAITERS(futex(&words[0], FUTEX_REQUEUE, 0, 2, &words[1], 0));
  WITH_WAITERS(futex(&words[0], FUTEX_REQUEUE, 1, 0, &words[1], 0));
  WITH_WAITERS(futex(&words[0], FUTEX_CMP_REQUEUE, 1, 1, &words[1], 0));
  // The second word stays as it is, and meets what is asked.
  const unsigned same = FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0);
  WITH_WAITERS(futex(&words[0], FUTEX_WAKE_OP, 0, 0, &words[1], same));
  WITH_WAITERS(futex(&words[1], FUTEX_WAKE_OP, 1, 0, &words[0], same));
  WITH_WAITERS(futex(&words[1], FUTEX_WAKE_OP, 1, -1, &words[0], same));
  locks();
  return 0;
}
