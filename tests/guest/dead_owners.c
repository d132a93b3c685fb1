/* SPDX-License-Identifier: Apache-2.0 */
// executes: itself
/* Locks whose owners end: futexes of priority inheritance, robust ones, and the word that tells of a
   thread's end. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "test.h"

enum { kSoon_us = 60000 };

static char *self;
static unsigned *shared;
static char stack[65536];

/* As the kernel has it. */
static struct {
  void *next;
  long offset;
  void *pending;
} head;
static struct {
  void *next;
  unsigned word;
} entry;

static long futex(unsigned *word, int operation, const struct timespec *timeout) {
  return syscall(SYS_futex, word, operation, 0, timeout, 0, 0);
}

/* Waits long enough for the owner's end, not for ever. */
static void *wait_for_lock(void *argument) {
  unsigned *word = argument;
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += 10;
  SHOW(futex(word, FUTEX_LOCK_PI, &end));
  printf("mine %d, owner died %d, waiters %d\n", (*word & FUTEX_TID_MASK) == (unsigned)gettid(),
         (*word & FUTEX_OWNER_DIED) != 0, (*word & FUTEX_WAITERS) != 0);
  return 0;
}

static void *wait_while_one(void *word) {
  const struct timespec long_enough = {10, 0};
  SHOW(syscall(SYS_futex, word, FUTEX_WAIT, 1, &long_enough, 0, 0));
  return 0;
}

static void *lock_and_end(void *word) {
  futex(word, FUTEX_LOCK_PI, 0);
  usleep(kSoon_us);
  return 0;
}

static void *lock_robustly_and_end(void *lowest_bit) {
  futex(&entry.word, FUTEX_LOCK_PI, 0);
  entry.next = &head;
  head.next = (char *)&entry + (long)lowest_bit;
  head.offset = (char *)&entry.word - (char *)&entry;
  syscall(SYS_set_robust_list, &head, sizeof head);
  usleep(kSoon_us);
  return 0;
}

static void by_threads(void) {
  static unsigned word;
  pthread_t owner, waiter;
  puts("a thread ends");
  pthread_create(&owner, 0, lock_and_end, &word);
  while (!word) sched_yield();
  pthread_create(&waiter, 0, wait_for_lock, &word);
  pthread_join(owner, 0);
  pthread_join(waiter, 0);
  puts("nobody waits");
  word = 0;
  pthread_create(&owner, 0, lock_and_end, &word);
  pthread_join(owner, 0);
  SHOW(futex(&word, FUTEX_LOCK_PI, 0));
  SHOW(futex(&word, FUTEX_TRYLOCK_PI, 0));
  puts("a robust lock");
  pthread_create(&owner, 0, lock_robustly_and_end, (void *)1L);
  while (!entry.word) sched_yield();
  pthread_create(&waiter, 0, wait_for_lock, &entry.word);
  pthread_join(owner, 0);
  pthread_join(waiter, 0);
}

enum end { kExit, kKilled, kExec };

static void by_processes(enum end how) {
  puts(how == kExit ? "a process ends" : how == kKilled ? "it is killed" : "it executes a program");
  fflush(stdout);
  *shared = 0;
  pid_t owner = fork();
  if (owner == 0) {
    futex(shared, FUTEX_LOCK_PI, 0);
    while (how == kKilled) pause();
    usleep(kSoon_us);
    if (how == kExec) execl(self, self, self, "sleep", (char *)0);
    _exit(0);
  }
  while (!*shared) sched_yield();
  if (how == kKilled) {
    pid_t killer = fork();
    if (killer == 0) {
      usleep(kSoon_us);
      kill(owner, SIGKILL);
      _exit(0);
    }
  }
  wait_for_lock(shared);
  kill(owner, SIGKILL);
  while (wait(0) > 0) {
  }
}

static void robust_over_exec(void) {
  puts("robust, over exec");
  fflush(stdout);
  struct {
    void *next;
    unsigned word;
  } *lock = (void *)shared;
  pid_t owner = fork();
  if (owner == 0) {
    lock->word = (unsigned)gettid() | FUTEX_WAITERS;
    lock->next = &head;
    head.next = lock;
    head.offset = (char *)&lock->word - (char *)lock;
    syscall(SYS_set_robust_list, &head, sizeof head);
    execl(self, self, self, "sleep", (char *)0);
    _exit(1);
  }
  for (int i = 0; i < 1000 && !(lock->word & FUTEX_OWNER_DIED); i++) usleep(1000);
  printf("owner died %d\n", (lock->word & FUTEX_OWNER_DIED) != 0);
  kill(owner, SIGKILL);
  waitpid(owner, 0, 0);
}

static void *unlock_and_end(void *unused) {
  (void)unused;
  entry.word = 0;
  head.next = &head;
  head.pending = &entry;
  head.offset = (char *)&entry.word - (char *)&entry;
  syscall(SYS_set_robust_list, &head, sizeof head);
  return 0;
}

/* The owner ends after it has stored 0 and before it wakes somebody. */
static void robust_half_unlocked(void) {
  puts("robust, half unlocked");
  entry.word = 1;
  pthread_t waiter, owner;
  pthread_create(&waiter, 0, wait_while_one, &entry.word);
  /* Moved from the word to itself, so that it can be counted. */
  while (syscall(SYS_futex, &entry.word, FUTEX_CMP_REQUEUE, 0, 1, &entry.word, 1) != 1) usleep(1000);
  pthread_create(&owner, 0, unlock_and_end, 0);
  pthread_join(owner, 0);
  pthread_join(waiter, 0);
  head.pending = 0;
}

static unsigned both[2];
static pthread_barrier_t have_one;

/* The one that asks last learns that both would wait for ever. */
static void *take_the_other(void *index) {
  unsigned *own = &both[(long)index], *other = &both[!(long)index];
  futex(own, FUTEX_LOCK_PI, 0);
  pthread_barrier_wait(&have_one);
  if (index) {
    while (!(*own & FUTEX_WAITERS)) sched_yield();
    usleep(kSoon_us);
    SHOW(futex(other, FUTEX_LOCK_PI, 0));
    futex(own, FUTEX_UNLOCK_PI, 0);
  } else {
    SHOW(futex(other, FUTEX_LOCK_PI, 0));
    futex(other, FUTEX_UNLOCK_PI, 0);
    futex(own, FUTEX_UNLOCK_PI, 0);
  }
  return 0;
}

static void deadlock(void) {
  puts("two locks");
  pthread_barrier_init(&have_one, 0, 2);
  pthread_t threads[2];
  for (long i = 0; i < 2; i++) pthread_create(&threads[i], 0, take_the_other, (void *)i);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  printf("%x %x\n", both[0], both[1]);
}

static int execute(void *unused) {
  (void)unused;
  execl(self, self, self, "end", (char *)0);
  _exit(1);
}

/* Cleared for those who share the memory only. */
static void words_of_the_end(void) {
  puts("clear_child_tid");
  fflush(stdout);
  static volatile pid_t word;
  word = 77;
  pid_t child = clone(execute, stack + sizeof stack, CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0,
                      0, &word);
  waitpid(child, 0, 0);
  printf("memory shared, exec: %d\n", word);
  *shared = 5;
  child = (pid_t)syscall(SYS_clone, CLONE_CHILD_CLEARTID | SIGCHLD, 0, 0, shared, 0);
  if (child == 0) _exit(0);
  waitpid(child, 0, 0);
  printf("memory its own, exit: %u\n", *shared);
}

int main(int count, char **arguments) {
  self = arguments[1];
  if (count > 2) {
    if (!strcmp(arguments[2], "sleep")) sleep(60);
    return 0;
  }
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  by_threads();
  by_processes(kExit);
  by_processes(kKilled);
  by_processes(kExec);
  robust_over_exec();
  robust_half_unlocked();
  deadlock();
  words_of_the_end();
  return 0;
}
