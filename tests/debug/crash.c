// SPDX-License-Identifier: Apache-2.0
// Children that end with core files, or would.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(const char *name, int status) {
  struct stat core = {0};
  printf("%s: signal %d dumped %d core %d", name, WTERMSIG(status), !!WCOREDUMP(status),
         stat("core", &core) == 0 && core.st_size > 4096);
  if (core.st_size == 5000) printf(" size 5000");
  puts("");
  fflush(stdout);
}

static int crash(rlim_t limit, int number) {
  pid_t child = fork();
  if (child == 0) {
    struct rlimit core = {limit, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &core);
    raise(number);
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

static void *sleep_long(void *argument) {
  pause();
  return argument;
}

static void crash_with_threads(void) {
  pid_t child = fork();
  if (child == 0) {
    struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &core);
    pthread_t thread;
    for (int i = 0; i < 2; i++) pthread_create(&thread, 0, sleep_long, 0);
    usleep(20000);
    __builtin_trap();
  }
  waitpid(child, 0, 0);
  rename("core", "threads");
}

int main(void) {
  show("without a limit", crash(0, SIGABRT));
  show("with one", crash(RLIM_INFINITY, SIGABRT));
  unlink("core");
  symlink("elsewhere", "core");
  show("over a link", crash(RLIM_INFINITY, SIGABRT));
  printf("and not where it leads: %d\n", access("elsewhere", F_OK));
  unlink("core");
  prctl(PR_SET_DUMPABLE, 0);
  show("not dumpable", crash(RLIM_INFINITY, SIGABRT));
  prctl(PR_SET_DUMPABLE, 1);
  chdir("/bin");
  show("where nothing may be written", crash(RLIM_INFINITY, SIGSEGV));
  chdir("/work");
  show("cut off", crash(5000, SIGILL));
  unlink("core");
  crash_with_threads();
  return 0;
}
