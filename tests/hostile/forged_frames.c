/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* rt_sigreturn() with random frames, in children: each ends or goes on somewhere, alone. Frames that
   are good but for the place to go on at, the stack pointer or the vector state are among them. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static uint64_t state = 88172645463325252;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void spoil(int signal, siginfo_t *info, void *context) {
  ucontext_t *frame = context;
  uint64_t *registers = (uint64_t *)frame->uc_mcontext.gregs;
  (void)signal, (void)info;
  switch (next() % 6) {
    case 0:
      registers[REG_RIP] = next() >> (next() % 64);
      break;
    case 1:
      registers[REG_RIP] += next() % 64;
      break;
    case 2:
      registers[REG_RSP] = next() >> (next() % 64);
      break;
    case 3:
      for (int i = 0; i < 23; i++) registers[i] = next() >> (next() % 64);
      break;
    case 4:
      for (int i = 0; i < 40; i++) ((uint64_t *)frame->uc_mcontext.fpregs)[next() % 340] = next();
      break;
    default:
      registers[REG_EFL] = next();
      frame->uc_mcontext.fpregs = (void *)(next() >> (next() % 64));
      break;
  }
}

int main(void) {
  struct sigaction action = {.sa_sigaction = spoil, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &action, 0);
  int ended = 0;
  for (int i = 0; i < 400; i++) {
    next();
    pid_t child = fork();
    if (child == 0) {
      signal(SIGALRM, SIG_DFL);
      struct itimerval soon = {{0, 0}, {0, 200000}};
      syscall(SYS_setitimer, 0, &soon, 0);
      raise(SIGUSR1);
      if (next() % 2) {
        uint64_t frame[80];
        for (int j = 0; j < 80; j++) frame[j] = next() >> (next() % 64);
        memcpy((char *)__builtin_frame_address(0) - 4096, frame, sizeof frame);
        syscall(SYS_rt_sigreturn);
      }
      _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) == child) ended++;
  }
  printf("%d children\n", ended);
  return ended == 400 ? 0 : 1;
}
