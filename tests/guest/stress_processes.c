// SPDX-License-Identifier: Apache-2.0
// executes: itself
// Threads come and go while others fork, execute and exit; every end is told once, and right.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char *self;

static void *nothing(void *value) { return value; }

static void *churn(void *count) {
  long joined = 0;
  for (int i = 0; i < 300; i++) {
    pthread_t thread;
    if (pthread_create(&thread, 0, nothing, (void *)(long)i)) continue;
    void *value;
    joined += pthread_join(thread, &value) == 0 && value == (void *)(long)i;
  }
  *(long *)count = joined;
  return 0;
}

static void threads_come_and_go(void) {
  pthread_t threads[4];
  long counts[4], all = 0;
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, churn, &counts[i]);
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], 0);
    all += counts[i];
  }
  printf("threads: %ld\n", all);
}

static void *detached(void *unused) {
  usleep(1);
  return unused;
}
static void *fork_often(void *count) {
  long right = 0;
  for (int i = 0; i < 100; i++) {
    pid_t child = fork();
    if (child == 0) _exit(i);
    int status;
    right += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == i;
  }
  *(long *)count = right;
  return 0;
}

static void forks_among_threads(void) {
  pthread_t threads[3];
  long counts[3], all = 0;
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], 0, fork_often, &counts[i]);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  for (int i = 0; i < 500; i++) {
    pthread_t thread;
    pthread_create(&thread, &attributes, detached, 0);
  }
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], 0);
    all += counts[i];
  }
  printf("forks: %ld\n", all);
}

static void *execute(void *number) {
  char *words[] = {self, (char *)"exit", number, 0};
  execv(self, words);
  return 0;
}
static void *exit_group(void *unused) {
  (void)unused;
  _exit(40);
}
static void *spin(void *unused) {
  for (volatile unsigned spins = 0;;) spins++;
  return unused;
}

/* One of several threads wins; the others are gone, whatever they were at. */
static void races_of_exec_and_exit(void) {
  int executed = 0, exited = 0, other = 0;
  for (int round = 0; round < 60; round++) {
    pid_t child = fork();
    if (child == 0) {
      pthread_t thread;
      pthread_create(&thread, 0, spin, 0);
      pthread_create(&thread, 0, execute, (void *)"41");
      pthread_create(&thread, 0, execute, (void *)"41");
      if (round % 2) pthread_create(&thread, 0, exit_group, 0);
      pause();
    }
    int status;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
      other++;
    else if (WEXITSTATUS(status) == 41)
      executed++;
    else if (WEXITSTATUS(status) == 40)
      exited++;
    else
      other++;
  }
  printf("executed or exited: %d, anything else: %d\n", executed + exited, other);
}

/* Killed while they execute: by one signal or the other, but never lost. */
static void kills_of_executing(void) {
  int ended = 0;
  for (int round = 0; round < 60; round++) {
    pid_t child = fork();
    if (child == 0) execute((void *)"again");
    usleep(round * 53 % 2000);
    kill(child, SIGKILL);
    int status;
    ended += waitpid(child, &status, 0) == child && WIFSIGNALED(status);
  }
  printf("ended: %d\n", ended);
}

/* Memory changes under a fork: each page is from before or after, and the child's own. */
static void *write_always(void *memory) {
  for (unsigned value = 1;; value++)
    for (int page = 0; page < 64; page++) ((volatile unsigned *)memory)[page * 1024] = value;
  return 0;
}
static void forks_while_memory_changes(void) {
  void *memory = mmap(0, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  fflush(stdout);
  pid_t holder = fork();
  if (holder == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, write_always, memory);
    int steady = 0;
    for (int round = 0; round < 50; round++) {
      pid_t child = fork();
      if (child == 0) {
        volatile unsigned *pages = memory;
        unsigned first[64];
        for (int page = 0; page < 64; page++) first[page] = pages[page * 1024];
        usleep(500);
        for (int page = 0; page < 64; page++)
          if (pages[page * 1024] != first[page]) _exit(1);
        _exit(0);
      }
      int status;
      steady += waitpid(child, &status, 0) == child && status == 0;
    }
    printf("steady: %d\n", steady);
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(holder, &status, 0);
}

/* Pipes whose ends close at any moment. */
static void pipes_that_break(void) {
  signal(SIGPIPE, SIG_IGN);
  long bytes = 0, closed = 0;
  for (int round = 0; round < 100; round++) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) break;
    pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      char block[512] = {0};
      while (write(ends[1], block, sizeof block) > 0) {
      }
      _exit(errno == EPIPE ? 0 : 1);
    }
    close(ends[1]);
    char block[300];
    for (int i = 0; i < round % 7; i++) bytes += read(ends[0], block, sizeof block) > 0;
    close(ends[0]);
    int status;
    closed += waitpid(child, &status, 0) == child && status == 0;
  }
  printf("reads %ld, broken pipes %ld\n", bytes, closed);
}

int main(int count, char **words) {
  self = words[1];
  if (count > 2 && !strcmp(words[1], "exit")) {
    if (!strcmp(words[2], "again")) {
      self = words[0];
      execute(words[2]);
    }
    return atoi(words[2]);
  }
  threads_come_and_go();
  forks_among_threads();
  races_of_exec_and_exit();
  kills_of_executing();
  forks_while_memory_changes();
  pipes_that_break();
  return 0;
}
