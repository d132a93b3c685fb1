/* SPDX-License-Identifier: Apache-2.0 */
// executes: itself
/* CLONE_SIGHAND: two processes have the same handlers, until one of them executes a program. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[65536];
static char *self;
static int handled;

static void handler(int signal) { handled += signal; }

static void show(const char *when) {
  struct sigaction action;
  sigaction(SIGUSR1, 0, &action);
  printf("%s: %s\n", when,
         action.sa_handler == SIG_DFL   ? "default"
         : action.sa_handler == SIG_IGN ? "ignored"
                                        : "handler");
  fflush(stdout);
}

static int change(void *unused) {
  (void)unused;
  signal(SIGUSR1, handler);
  _exit(0);
}

static int execute(void *unused) {
  (void)unused;
  execl(self, self, self, "executed", (char *)0);
  _exit(1);
}

static int run(int (*function)(void *)) {
  int status = -1;
  pid_t child = clone(function, stack + sizeof stack, CLONE_VM | CLONE_SIGHAND | SIGCHLD, 0);
  waitpid(child, &status, 0);
  return status;
}

int main(int count, char **arguments) {
  self = arguments[1];
  if (count > 2 && !strcmp(arguments[2], "executed")) {
    show("after exec");
    signal(SIGUSR1, SIG_IGN);
    return 0;
  }
  show("before");
  printf("status %d\n", run(change));
  show("set by the other");
  printf("status %d\n", run(execute));
  show("here");
  raise(SIGUSR1);
  printf("handled %d\n", handled == SIGUSR1);
  return 0;
}
