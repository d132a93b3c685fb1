/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Forks within its limit until it is refused, again and again, from every child; then all are gone. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NPROC, &limit);
  limit.rlim_cur = 100;
  setrlimit(RLIMIT_NPROC, &limit);
  pid_t bomb = fork();
  if (bomb == 0) {
    setpgid(0, 0);
    for (int i = 0; i < 3000; i++)
      if (fork() < 0 && errno != EAGAIN && errno != ENOMEM) _exit(1);
    for (;;) pause();
  }
  setpgid(bomb, bomb);
  usleep(300000);
  pid_t refused = fork();
  if (refused == 0) _exit(0);
  printf("while it goes on: %s\n", refused < 0 ? "refused" : "made");
  if (refused > 0) waitpid(refused, 0, 0);
  for (int i = 0; i < 50; i++) {
    kill(-bomb, SIGKILL);
    usleep(10000);
  }
  while (wait(0) > 0) {
  }
  pid_t child = fork();
  if (child == 0) _exit(0);
  return waitpid(child, 0, 0) == child ? 0 : 1;
}
