// SPDX-License-Identifier: Apache-2.0
// executes: itself
// Threads: creation, mutexes, conditions, barriers, semaphores, TLS, cancellation, signals to
// threads, fork, exec and exit with other threads about, robust and priority-inheritance mutexes.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

static void *volatile nowhere = (void *)8;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;
static __thread int own = 5;

static void *add(void *times) {
  for (long i = 0; i < (long)times; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    pthread_mutex_unlock(&mutex);
  }
  own += (long)times;
  return (void *)(long)own;
}

static void mutexes(void) {
  pthread_t threads[8];
  long sum = 0;
  for (int i = 0; i < 8; i++) pthread_create(&threads[i], 0, add, (void *)20000L);
  for (int i = 0; i < 8; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("counter %ld sum %ld own %d\n", counter, sum, own);
}

static void *ping(void *mine) {
  for (int i = 0; i < 2000; i++) {
    pthread_mutex_lock(&mutex);
    while (turn != (long)mine) pthread_cond_wait(&condition, &mutex);
    turn = !turn;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

static void conditions(void) {
  pthread_t thread;
  pthread_create(&thread, 0, ping, (void *)1L);
  ping(0);
  pthread_join(thread, 0);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 10000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  printf("timed: %s\n", errno_name(pthread_cond_timedwait(&condition, &mutex, &soon)));
  pthread_mutex_unlock(&mutex);
}

static pthread_barrier_t barrier;
static sem_t semaphore;
static void *meet(void *unused) {
  (void)unused;
  long serial = 0;
  for (int i = 0; i < 100; i++) serial += pthread_barrier_wait(&barrier) != 0;
  sem_post(&semaphore);
  return (void *)serial;
}

static void barriers(void) {
  pthread_t threads[4];
  pthread_barrier_init(&barrier, 0, 4);
  sem_init(&semaphore, 0, 0);
  long serial = 0;
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, meet, 0);
  for (int i = 0; i < 4; i++) sem_wait(&semaphore);
  for (int i = 0; i < 4; i++) {
    void *result;
    pthread_join(threads[i], &result);
    serial += (long)result;
  }
  printf("serial %ld\n", serial);
  SHOW(sem_trywait(&semaphore));
}

static void clean(void *what) { printf("cleaned %s\n", (char *)what); }
static void *wait_for_ever(void *unused) {
  (void)unused;
  pthread_cleanup_push(clean, "up");
  char byte;
  int ends[2];
  pipe(ends);
  read(ends[0], &byte, 1);
  pthread_cleanup_pop(0);
  return 0;
}

static void cancellation(void) {
  pthread_t thread;
  pthread_create(&thread, 0, wait_for_ever, 0);
  usleep(20000);
  pthread_cancel(thread);
  void *result;
  pthread_join(thread, &result);
  printf("cancelled: %d\n", result == PTHREAD_CANCELED);
}

static volatile pid_t handled_by;
static void note(int signal) {
  (void)signal;
  handled_by = gettid();
}
static volatile pid_t spinner;
static void *spin(void *unused) {
  (void)unused;
  spinner = gettid();
  while (handled_by == 0) {
  }
  return 0;
}

static void directed_signals(void) {
  signal(SIGUSR1, note);
  pthread_t thread;
  pthread_create(&thread, 0, spin, 0);
  while (spinner == 0) sched_yield();
  pthread_kill(thread, SIGUSR1);
  pthread_join(thread, 0);
  printf("handled by the thread: %d\n", handled_by == spinner);
  // The main thread blocks it: the other one takes it.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  handled_by = spinner = 0;
  pthread_create(&thread, 0, spin, 0);
  while (spinner == 0) sched_yield();
  pthread_sigmask(SIG_BLOCK, &set, 0);
  kill(getpid(), SIGUSR1);
  pthread_join(thread, 0);
  printf("taken by the other: %d\n", handled_by == spinner);
  pthread_sigmask(SIG_UNBLOCK, &set, 0);
}

static void *busy(void *unused) {
  (void)unused;
  for (volatile long i = 0;; i++) {
  }
  return 0;
}
static void *asleep(void *unused) {
  (void)unused;
  for (;;) pause();
  return 0;
}

static void show(const char *what, pid_t child) {
  int status;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) printf("%s: exit %d\n", what, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
}

static void *exit_all(void *unused) {
  (void)unused;
  usleep(10000);
  _exit(12);
}
static void *fork_and_wait(void *unused) {
  (void)unused;
  pid_t child = fork();
  if (child == 0) _exit(getpid() == gettid() ? 8 : 9);
  show("fork by a thread", child);
  return 0;
}
static void *crash(void *unused) {
  (void)unused;
  usleep(10000);
  *(volatile int *)nowhere = 1;
  return 0;
}

static void with_others_about(void) {
  pthread_t thread;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    pthread_create(&thread, 0, busy, 0);
    pthread_create(&thread, 0, asleep, 0);
    usleep(10000);
    _exit(11);
  }
  show("exit", child);
  child = fork();
  if (child == 0) {
    pthread_create(&thread, 0, busy, 0);
    pthread_create(&thread, 0, exit_all, 0);
    for (;;) pause();
  }
  show("exit by a thread", child);
  child = fork();
  if (child == 0) {
    pthread_create(&thread, 0, crash, 0);
    for (;;) pause();
  }
  show("crash of a thread", child);
  child = fork();
  if (child == 0) {
    // The first thread's end is not the process's.
    pthread_create(&thread, 0, exit_all, 0);
    syscall(SYS_exit, 3);
  }
  show("first thread ends", child);
  child = fork();
  if (child == 0) {
    pthread_create(&thread, 0, busy, 0);
    pthread_create(&thread, 0, asleep, 0);
    usleep(5000);
    for (int i = 0; i < 20; i++) {
      pid_t grandchild = fork();
      if (grandchild == 0) _exit(0);
      waitpid(grandchild, 0, 0);
    }
    pthread_create(&thread, 0, fork_and_wait, 0);
    pthread_join(thread, 0);
    fflush(stdout);
    _exit(13);
  }
  show("forks", child);
}

static char *program;
static void *execute(void *unused) {
  (void)unused;
  char *arguments[] = {program, "--executed", 0};
  usleep(5000);
  execv(program, arguments);
  _exit(99);
}

static void exec_by_thread(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, busy, 0);
    pthread_create(&thread, 0, execute, 0);
    for (;;) pause();
  }
  show("exec by a thread", child);
}

static void *hold_and_end(void *robust) {
  pthread_mutex_lock(robust);
  return 0;
}

static void robust_mutexes(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_t *robust =
      mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutex_init(robust, &attributes);
  pthread_t thread;
  pthread_create(&thread, 0, hold_and_end, robust);
  pthread_join(thread, 0);
  printf("owner died: %s\n", errno_name(pthread_mutex_lock(robust)));
  pthread_mutex_consistent(robust);
  pthread_mutex_unlock(robust);
  fflush(stdout);
  int ends[2];
  pipe(ends);
  pid_t child = fork();
  if (child == 0) {
    pthread_mutex_lock(robust);
    write(ends[1], "x", 1);
    usleep(20000);
    _exit(0);
  }
  char byte;
  read(ends[0], &byte, 1);
  printf("owner process died: %s\n", errno_name(pthread_mutex_lock(robust)));
  show("owner", child);
}

static void *lock_inherited(void *inherited) {
  long sum = 0;
  for (int i = 0; i < 500; i++) {
    pthread_mutex_lock(inherited);
    sum++;
    if (i % 50 == 0) usleep(100);
    pthread_mutex_unlock(inherited);
  }
  return (void *)sum;
}

static void priority_mutexes(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  printf("protocol: %s\n",
         errno_name(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT)));
  pthread_mutex_t inherited;
  pthread_mutex_init(&inherited, &attributes);
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, lock_inherited, &inherited);
  long sum = 0;
  for (int i = 0; i < 3; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("inherited: %ld\n", sum);
}

static void futex_errors(void) {
  static int word = 1;
  struct timespec none = {0, 0}, bad = {0, -1}, past = {1, 0};
  SHOW(syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0));
  SHOW(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &none));
  SHOW(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &bad));
  SHOW(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 1, &past, 0, 1));
  SHOW(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 1, &past, 0, 0));
  SHOW(syscall(SYS_futex, (char *)&word + 1, FUTEX_WAIT, 1, 0));
  SHOW(syscall(SYS_futex, nowhere, FUTEX_WAIT, 1, 0));
  SHOW(syscall(SYS_futex, &word, FUTEX_WAKE, 1));
  SHOW(syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, 0, 0, 0));
  SHOW(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1, &counter, 0));
  SHOW(syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, 1, 1, &counter, 1));
  SHOW(syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1, &word,
               FUTEX_OP(FUTEX_OP_ADD, 4, FUTEX_OP_CMP_EQ, 1)));
  printf("word %d\n", word);
  SHOW(syscall(SYS_futex, &word, FUTEX_UNLOCK_PI, 0));
  SHOW(syscall(SYS_futex, &word, 99, 0));
  SHOW(syscall(SYS_set_robust_list, &word, 23));
  void *head;
  size_t size;
  SHOW(syscall(SYS_get_robust_list, 1 << 21, &head, &size));
  SHOW(syscall(SYS_get_robust_list, 0, &head, &size));
  printf("size %zu\n", size);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--executed") == 0) {
    printf("executed: %d\n", getpid() == gettid());
    return 14;
  }
  setvbuf(stdout, 0, _IOLBF, 0);
  program = argv[1];
  mutexes();
  conditions();
  barriers();
  cancellation();
  directed_signals();
  with_others_about();
  exec_by_thread();
  robust_mutexes();
  priority_mutexes();
  futex_errors();
  return 0;
}
