// SPDX-License-Identifier: Apache-2.0
// Calls about a process that has ended and was not waited for.
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "test.h"

static pid_t zombie;

// Waits that a zombie is no answer to don't last, and tell nothing.
static int wait_for(int options) {
  siginfo_t info;
  memset(&info, 0xff, sizeof info);
  const int answer = waitid(P_PID, (id_t)zombie, &info, options);
  const int error = errno;
  printf("told %d %d %d %d: ", info.si_signo, info.si_code, info.si_pid == zombie, info.si_status);
  errno = error;
  return answer;
}

static void show_all(void) {
  struct rlimit limit = {0, 0};
  SHOW(prlimit(zombie, RLIMIT_NOFILE, 0, &limit));
  printf("limit %d\n", (int)limit.rlim_cur);
  SHOW(getpriority(PRIO_PROCESS, (id_t)zombie));
  SHOW(setpriority(PRIO_PROCESS, (id_t)zombie, 9));
  SHOW(getpriority(PRIO_PROCESS, (id_t)zombie));
  SHOW(syscall(SYS_sched_getscheduler, zombie));
  int priority = -1;
  SHOW(syscall(SYS_sched_getparam, zombie, &priority));
  cpu_set_t set;
  SHOW_OK(sched_getaffinity(zombie, sizeof set, &set));
  SHOW(sched_setaffinity(zombie, sizeof set, &set));
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, zombie};
  struct __user_cap_data_struct data[2];
  SHOW(syscall(SYS_capget, &header, data));
  SHOW(kill(zombie, 0));
  SHOW(kill(zombie, SIGTERM));
}

int main(void) {
  fflush(stdout);
  zombie = fork();
  if (zombie == 0) {
    struct rlimit limit = {77, 77};
    setrlimit(RLIMIT_NOFILE, &limit);
    setpriority(PRIO_PROCESS, 0, 5);
    struct sched_param none = {.sched_priority = 0};
    syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &none);
    _exit(4);
  }
  siginfo_t info;
  waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT);
  SHOW(wait_for(WSTOPPED | WNOHANG));
  SHOW(wait_for(WSTOPPED | WCONTINUED | WNOHANG));
  SHOW(wait_for(WCONTINUED));
  SHOW(wait_for(0));
  show_all();
  SHOW(wait_for(WEXITED));
  SHOW(wait_for(WEXITED));
  show_all();
  return 0;
}
