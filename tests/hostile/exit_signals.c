/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Children that tell their end by what is no signal: clone(2) takes any number up to 255. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int end_by(long flags) {
  long child = syscall(SYS_clone, flags, 0L, 0L, 0L, 0L);
  if (child == 0) _exit(0);
  int status;
  return child > 0 && waitpid((pid_t)child, &status, __WALL) == child && status == 0;
}

/* What lies behind the host's tables, if something is read there. */
static void fill_heap(void) {
  static char text[2031];
  for (unsigned i = 0; i < sizeof text - 1; i++) text[i] = 'A';
  mkdir("/tmp/links", 0700);
  for (int i = 0; i < 400; i++) {
    char name[64];
    snprintf(name, sizeof name, "/tmp/links/%d", i);
    if (symlink(text, name)) perror(name);
  }
  for (int i = 0; i < 400; i += 3) {
    char name[64];
    snprintf(name, sizeof name, "/tmp/links/%d", i);
    unlink(name);
  }
}

int main(void) {
  fill_heap();
  sigset_t all;
  sigfillset(&all);
  for (int blocked = 0; blocked < 2; blocked++) {
    sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &all, 0);
    for (long number = 65; number < 256; number++) {
      if (!end_by(number)) return 1;
      /* The same number passes to a sibling. */
      long child = syscall(SYS_clone, number, 0L, 0L, 0L, 0L);
      if (child == 0) {
        if (syscall(SYS_clone, CLONE_PARENT | number, 0L, 0L, 0L, 0L) < 0) _exit(1);
        _exit(0);
      }
      for (int i = 0; i < 2; i++)
        if (waitpid(-1, 0, __WALL) < 0) return 2;
    }
  }
  printf("none has come\n");
  return 0;
}
