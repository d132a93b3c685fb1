// SPDX-License-Identifier: Apache-2.0
// The first process of all is stopped by its child, which lets it go on.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static volatile sig_atomic_t continued;
static void on_continue(int signal) { continued = signal; }

static void stop_and_continue(int signal) {
  continued = 0;
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    kill(getppid(), signal);
    usleep(100000);
    // Others of its family run, too.
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(3);
    int status;
    waitpid(grandchild, &status, 0);
    kill(getppid(), SIGCONT);
    _exit(WEXITSTATUS(status));
  }
  int status = 0;
  while (waitpid(child, &status, 0) != child) continue;
  printf("signal %d: child's status %d, continued %d\n", signal, WEXITSTATUS(status), continued == SIGCONT);
}

int main(void) {
  signal(SIGCONT, on_continue);
  stop_and_continue(SIGSTOP);
  stop_and_continue(SIGSTOP);
  return 0;
}
