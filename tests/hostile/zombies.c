/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Children that nobody waits for count like living ones, and hear no more signals. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kLimit = 100 };

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NPROC, &limit);
  limit.rlim_cur = kLimit;
  setrlimit(RLIMIT_NPROC, &limit);
  for (int round = 0; round < 3; round++) {
    int made = 0;
    pid_t child;
    while (made < 10 * kLimit && (child = fork()) > 0) {
      made++;
      siginfo_t ended;
      if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT)) return 1;
      /* More than a queue may hold, were they kept. */
      for (int i = 0; i < 1000; i++)
        if (sigqueue(child, SIGRTMIN, (union sigval){0})) return 2;
    }
    if (child == 0) _exit(0);
    printf("%d zombies, then %s\n", made, errno == EAGAIN ? "EAGAIN" : "something else");
    if (made >= kLimit || errno != EAGAIN) return 3;
    for (int i = 0; i < made; i++)
      if (wait(0) < 0) return 4;
  }
  return 0;
}
