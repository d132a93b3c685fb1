/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* 30,000 forks in a row; then 2,000 processes that are alive at once. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kInARow = 30000, kAtOnce = 2000 };

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NPROC, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NPROC, &limit);
  for (int i = 0; i < kInARow; i++) {
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) _exit(i & 0x7f);
    int status;
    if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != (i & 0x7f)) return 2;
  }
  static pid_t children[kAtOnce];
  int ready[2];
  if (pipe(ready)) return 3;
  for (int i = 0; i < kAtOnce; i++) {
    children[i] = fork();
    if (children[i] < 0) {
      perror("fork");
      return 4;
    }
    if (children[i] == 0) {
      write(ready[1], "x", 1);
      for (;;) pause();
    }
  }
  char byte;
  for (int i = 0; i < kAtOnce; i++)
    if (read(ready[0], &byte, 1) != 1) return 5;
  for (int i = 0; i < kAtOnce; i++) kill(children[i], SIGTERM);
  for (int i = 0; i < kAtOnce; i++) {
    int status;
    if (waitpid(children[i], &status, 0) != children[i] || WTERMSIG(status) != SIGTERM) return 6;
  }
  printf("%d in a row, %d at once\n", kInARow, kAtOnce);
  return wait(0) == -1 ? 0 : 7;
}
