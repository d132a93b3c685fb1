/* SPDX-License-Identifier: Apache-2.0 */
/* processes SELF: prints "name microseconds" of what processes, threads and signals cost. SELF is
   the program's own path; with --exit it ends at once. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* The median of the batches: what others do on the machine comes and goes. */
static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

#define MEASURE(name, rounds, call)                                     \
  do {                                                                  \
    double batches[7];                                                  \
    for (int batch = 0; batch < 7; batch++) {                           \
      double start = now();                                             \
      for (int i = 0; i < (rounds); i++) call;                          \
      batches[batch] = (now() - start) / (rounds);                      \
    }                                                                   \
    qsort(batches, 7, sizeof *batches, compare);                        \
    printf("%s %.3f\n", name, batches[3]);                              \
    fflush(stdout);                                                     \
  } while (0)

static char *self;

static void fork_exit(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, 0, 0);
}

static void vfork_exit(void) {
  pid_t child = vfork();
  if (child == 0) _exit(0);
  waitpid(child, 0, 0);
}

static void fork_exec(void) {
  pid_t child = fork();
  if (child == 0) {
    execl(self, self, "--exit", (char *)0);
    _exit(127);
  }
  waitpid(child, 0, 0);
}

static void spawn(void) {
  pid_t child;
  char *arguments[] = {self, "--exit", 0};
  if (posix_spawn(&child, self, 0, 0, arguments, environ) == 0) waitpid(child, 0, 0);
}

static volatile int handled;
static void handle(int signal) {
  (void)signal;
  handled++;
}

static void *nothing(void *unused) { return unused; }
static void create_join(void) {
  pthread_t thread;
  if (pthread_create(&thread, 0, nothing, 0) == 0) pthread_join(thread, 0);
}

static int there[2], back[2];
static void ping(void) {
  char byte = 'x';
  if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) exit(1);
}
static pid_t start_echo(void) {
  if (pipe(there) != 0 || pipe(back) != 0) exit(1);
  pid_t child = fork();
  if (child != 0) return child;
  close(there[1]);
  char byte;
  while (read(there[0], &byte, 1) == 1) {
    if (write(back[1], &byte, 1) != 1) break;
  }
  _exit(0);
}

static void touched(const char *name, size_t size, int rounds) {
  char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 1, size);
  MEASURE(name, rounds, fork_exit());
  munmap(memory, size);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--exit") == 0) _exit(0);
  self = argv[1];
  MEASURE("fork_exit_wait", 200, fork_exit());
  MEASURE("vfork_exit_wait", 200, vfork_exit());
  MEASURE("fork_exec_wait", 100, fork_exec());
  MEASURE("posix_spawn_wait", 100, spawn());
  signal(SIGUSR1, handle);
  MEASURE("signal_to_self", 20000, kill(getpid(), SIGUSR1));
  MEASURE("thread_create_join", 500, create_join());
  pid_t child = start_echo();
  MEASURE("pipe_ping_pong", 2000, ping());
  close(there[1]);
  waitpid(child, 0, 0);
  touched("fork_1_MiB", 1 << 20, 50);
  touched("fork_16_MiB", 16 << 20, 10);
  touched("fork_64_MiB", 64 << 20, 3);
  touched("fork_256_MiB", 256 << 20, 1);
  return 0;
}
