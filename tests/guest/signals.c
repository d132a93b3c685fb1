// SPDX-License-Identifier: Apache-2.0
// Signals: sending, handlers, masks, queues, waiting, stacks, restarts, faults.
#define _GNU_SOURCE
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "test.h"

static void *volatile nowhere = (void *)8;
static volatile int count;
static volatile siginfo_t last;
static volatile int order[64];
static sigjmp_buf jump;

static void note(int signal, siginfo_t *info, void *context) {
  (void)context;
  order[count % 64] = signal;
  count++;
  last = *info;
}

static void handle(int signal, int flags) {
  struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | flags};
  sigaction(signal, &action, 0);
}

static void mask(int how, int signal) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  sigprocmask(how, &set, 0);
}

// A child that does something to its parent a little later.
static pid_t later(int signal, int fd) {
  pid_t child = fork();
  if (child != 0) return child;
  usleep(30000);
  kill(getppid(), signal);
  usleep(30000);
  if (fd >= 0) write(fd, "x", 1);
  _exit(0);
}

static void reap(pid_t child) {
  while (waitpid(child, 0, 0) < 0 && errno == EINTR) {
  }
}

static void *pretend(void *info) {
  SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, info));
  SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, info));
  SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGUSR1, info));
  return 0;
}

static void sending(void) {
  handle(SIGUSR1, 0);
  count = 0;
  SHOW(raise(SIGUSR1));
  printf("raised: %d %d %d\n", count, last.si_signo, last.si_code);
  SHOW(kill(getpid(), SIGUSR1));
  printf("killed: %d %d %d\n", count, last.si_code, last.si_pid == getpid());
  handle(SIGRTMIN + 1, 0);
  union sigval value = {.sival_int = 77};
  SHOW(sigqueue(getpid(), SIGRTMIN + 1, value));
  printf("queued: %d %d %d\n", count, last.si_code, last.si_value.sival_int);
  SHOW(kill(getpid(), 0));
  SHOW(kill(getpid(), 65));
  SHOW(kill(getpid(), -1));
  SHOW(kill(1 << 21, SIGUSR1));
  SHOW(kill(-(1 << 21), SIGUSR1));
  SHOW(syscall(SYS_tkill, 0, SIGUSR1));
  SHOW(syscall(SYS_tkill, 1 << 21, SIGUSR1));
  SHOW(syscall(SYS_tgkill, 1 << 21, getpid(), SIGUSR1));
  SHOW(syscall(SYS_tgkill, getpid(), getpid(), 99));
  siginfo_t info = {.si_code = SI_USER};
  SHOW(syscall(SYS_rt_sigqueueinfo, 1 << 21, SIGUSR1, &info));
  SHOW(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, nowhere));
  SHOW(syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGUSR1, &info));
  // A thread can pretend towards itself alone.
  pthread_t thread;
  pthread_create(&thread, 0, pretend, &info);
  pthread_join(thread, 0);
}

static void action_errors(void) {
  struct sigaction action = {.sa_handler = SIG_IGN};
  SHOW(sigaction(0, &action, 0));
  SHOW(sigaction(65, &action, 0));
  SHOW(sigaction(SIGKILL, &action, 0));
  SHOW(sigaction(SIGSTOP, &action, 0));
  SHOW(syscall(SYS_rt_sigaction, SIGKILL, 0, &action, 8));
  SHOW(syscall(SYS_rt_sigaction, SIGUSR1, 0, 0, 4));
  SHOW(syscall(SYS_rt_sigaction, SIGUSR1, nowhere, 0, 8));
  SHOW(syscall(SYS_rt_sigaction, SIGUSR1, 0, nowhere, 8));
  SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, nowhere, 0, 8));
  SHOW(syscall(SYS_rt_sigprocmask, 77, &action, 0, 8));
  SHOW(syscall(SYS_rt_sigprocmask, 77, 0, 0, 8));
  SHOW(syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, 0, 16));
  SHOW(syscall(SYS_rt_sigpending, nowhere, 8));
  SHOW(syscall(SYS_rt_sigpending, nowhere, 9));
  SHOW(syscall(SYS_rt_sigsuspend, nowhere, 8));
  SHOW(syscall(SYS_rt_sigsuspend, 0, 9));
}

static void masks_and_queues(void) {
  for (int signal = SIGRTMIN + 1; signal < SIGRTMIN + 4; signal++) {
    handle(signal, 0);
    mask(SIG_BLOCK, signal);
  }
  mask(SIG_BLOCK, SIGUSR1);
  count = 0;
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGUSR1);
  for (int i = 0; i < 3; i++) {
    union sigval value = {.sival_int = i};
    sigqueue(getpid(), SIGRTMIN + 3, value);
    sigqueue(getpid(), SIGRTMIN + 1, value);
  }
  sigset_t pending;
  sigpending(&pending);
  printf("pending: %d %d %d\n", sigismember(&pending, SIGUSR1), sigismember(&pending, SIGRTMIN + 1),
         sigismember(&pending, SIGRTMIN + 2));
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_UNBLOCK, &all, 0);
  printf("taken: %d:", count);
  for (int i = 0; i < count; i++) printf(" %d", order[i]);
  printf("\n");
  // What is ignored is forgotten.
  mask(SIG_BLOCK, SIGUSR1);
  kill(getpid(), SIGUSR1);
  signal(SIGUSR1, SIG_IGN);
  sigpending(&pending);
  printf("ignored: %d\n", sigismember(&pending, SIGUSR1));
  handle(SIGUSR1, 0);
  mask(SIG_UNBLOCK, SIGUSR1);
}

static void waiting(void) {
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  kill(getpid(), SIGUSR1);
  siginfo_t info;
  SHOW(sigwaitinfo(&set, &info));
  printf("waited: %d %d\n", info.si_signo, info.si_code);
  struct timespec short_time = {0, 1000000}, bad = {0, -1};
  SHOW(sigtimedwait(&set, &info, &short_time));
  SHOW(sigtimedwait(&set, &info, &bad));
  pid_t child = later(SIGUSR1, -1);
  SHOW(sigwaitinfo(&set, &info));
  printf("from child: %d\n", info.si_pid == child);
  reap(child);
  count = 0;
  handle(SIGUSR2, 0);
  child = later(SIGUSR2, -1);
  // The C library would go on waiting.
  SHOW(syscall(SYS_rt_sigtimedwait, &set, &info, 0, 8));
  reap(child);
  child = later(SIGUSR1, -1);
  SHOW(sigsuspend(&old));
  printf("suspended: %d\n", count);
  reap(child);
  sigset_t now;
  sigprocmask(SIG_SETMASK, &old, &now);
  printf("mask is back: %d\n", sigismember(&now, SIGUSR1));
  child = later(SIGUSR1, -1);
  SHOW(pause());
  reap(child);
}

static void restarts(void) {
  int ends[2];
  pipe(ends);
  char byte;
  struct timespec tenth = {0, 100000000}, left = {9, 9};
  for (int flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
    printf("flags %x\n", flags);
    handle(SIGUSR1, flags);
    pid_t child = later(SIGUSR1, ends[1]);
    SHOW(read(ends[0], &byte, 1));
    reap(child);
    if (flags == 0) read(ends[0], &byte, 1);
    child = later(SIGUSR1, -1);
    SHOW(nanosleep(&tenth, &left));
    printf("left: %d\n", left.tv_sec == 0 && left.tv_nsec > 0);
    reap(child);
    child = later(SIGUSR1, -1);
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, 0, &tenth, 0));
    reap(child);
    struct pollfd file = {ends[0], POLLIN, 0};
    child = later(SIGUSR1, -1);
    SHOW(poll(&file, 1, 1000));
    reap(child);
    child = later(SIGUSR1, -1);
    struct timeval second = {1, 0};
    SHOW(select(0, 0, 0, 0, &second));
    reap(child);
    child = later(SIGUSR1, -1);
    SHOW(waitpid(child, 0, 0) == child);
    reap(child);
  }
  // A signal without a handler does not end a wait.
  signal(SIGUSR1, SIG_IGN);
  pid_t child = later(SIGUSR1, ends[1]);
  SHOW(read(ends[0], &byte, 1));
  reap(child);
  // Neither does stopping and going on.
  fflush(stdout);
  pid_t sleeper = fork();
  if (sleeper == 0) {
    struct timespec time = {0, 150000000};
    _exit(nanosleep(&time, 0) == 0 ? 0 : 1);
  }
  usleep(30000);
  kill(sleeper, SIGSTOP);
  waitpid(sleeper, 0, WUNTRACED);
  kill(sleeper, SIGCONT);
  int status;
  waitpid(sleeper, &status, 0);
  printf("slept on: %d\n", status);
  // ppoll() with a mask that lets a pending signal through.
  handle(SIGUSR1, 0);
  mask(SIG_BLOCK, SIGUSR1);
  kill(getpid(), SIGUSR1);
  sigset_t none;
  sigemptyset(&none);
  count = 0;
  SHOW(ppoll(0, 0, &tenth, &none));
  SHOW(pselect(0, 0, 0, 0, &tenth, &none));
  printf("let through: %d\n", count);
  mask(SIG_UNBLOCK, SIGUSR1);
  close(ends[0]);
  close(ends[1]);
}

static volatile int depth;
static void nested(int signal) {
  depth++;
  if (depth == 1) raise(signal);
  printf("depth %d\n", depth);
}

static void flags(void) {
  struct sigaction action = {.sa_handler = nested, .sa_flags = SA_NODEFER};
  sigaction(SIGUSR1, &action, 0);
  depth = 0;
  raise(SIGUSR1);
  action.sa_flags = 0;
  sigaction(SIGUSR1, &action, 0);
  depth = 0;
  raise(SIGUSR1);
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGUSR2, &action, 0);
  depth = 5;
  raise(SIGUSR2);
  sigaction(SIGUSR2, 0, &action);
  printf("reset: %d\n", action.sa_handler == SIG_DFL);
  signal(SIGCHLD, SIG_IGN);
  fflush(stdout);
  if (fork() == 0) _exit(0);
  SHOW(wait(0));
  signal(SIGCHLD, SIG_DFL);
}

static char *volatile other_stack;
static void on_stack(int signal, siginfo_t *info, void *context) {
  char here;
  stack_t now;
  (void)signal, (void)info;
  sigaltstack(0, &now);
  stack_t fresh = {.ss_sp = other_stack, .ss_size = 16384};
  int changed = sigaltstack(&fresh, 0);
  printf("on stack: %d flags %d change %d uc %d\n", &here > other_stack && &here < other_stack + 65536,
         now.ss_flags, changed, ((ucontext_t *)context)->uc_stack.ss_size == 65536);
  printf("shown by the frame: %d\n", ((ucontext_t *)context)->uc_stack.ss_flags);
}

static void show_stack(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info;
  const stack_t *stack = &((ucontext_t *)context)->uc_stack;
  printf("in the frame: %d, %d bytes\n", stack->ss_flags, (int)stack->ss_size);
}
static void *show_in_thread(void *unused) {
  raise(SIGUSR1);
  return unused;
}

static void set_own_stack(int signal) {
  stack_t own = {.ss_sp = other_stack, .ss_size = 65536};
  (void)signal;
  SHOW(sigaltstack(&own, 0));
}

static void stacks(void) {
  struct sigaction showing = {.sa_sigaction = show_stack, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &showing, 0);
  raise(SIGUSR1);
  pthread_t thread;
  pthread_create(&thread, 0, show_in_thread, 0);
  pthread_join(thread, 0);
  other_stack = malloc(65536);
  stack_t stack = {.ss_sp = other_stack, .ss_size = 65536}, old;
  SHOW(sigaltstack(&stack, &old));
  printf("before: %d %d\n", old.ss_flags, old.ss_size == 0);
  struct sigaction action = {.sa_sigaction = on_stack, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGUSR1, &action, 0);
  raise(SIGUSR1);
  stack.ss_size = 100;
  SHOW(sigaltstack(&stack, 0));
  stack.ss_flags = 77;
  SHOW(sigaltstack(&stack, 0));
  SHOW(syscall(SYS_sigaltstack, nowhere, 0));
  stack.ss_flags = SS_DISABLE;
  SHOW(sigaltstack(&stack, &old));
  printf("disabled: %d\n", old.ss_size == 65536);
  sigaction(SIGUSR1, &showing, 0);
  raise(SIGUSR1);
  stack = (stack_t){.ss_sp = other_stack, .ss_flags = (int)(1U << 31) /* SS_AUTODISARM */, .ss_size = 65536};
  SHOW(sigaltstack(&stack, 0));
  action.sa_handler = set_own_stack;
  sigaction(SIGUSR1, &action, 0);
  raise(SIGUSR1);
  sigaltstack(0, &old);
  printf("the handler's own: flags %x size %zu\n", (unsigned)old.ss_flags, old.ss_size);
}

static void fault(int signal, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  printf("fault %d code %d address %p trap %d\n", signal, info->si_code,
         signal == SIGSEGV ? info->si_addr : 0, (int)registers[REG_TRAPNO]);
  siglongjmp(jump, 1);
}

static void faults(void) {
  struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, 0);
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  sigaction(SIGTRAP, &action, 0);
  if (!sigsetjmp(jump, 1)) *(volatile int *)nowhere = 1;
  if (!sigsetjmp(jump, 1)) *(volatile int *)0x38000010 = 1;
  volatile char *page = mmap((void *)0x30000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!sigsetjmp(jump, 1)) page[16] = 1;
  volatile int zero = 0;
  if (!sigsetjmp(jump, 1)) printf("%d\n", 1 / zero);
  if (!sigsetjmp(jump, 1)) __asm__ volatile("ud2");
  if (!sigsetjmp(jump, 1)) __asm__ volatile("int3");
  // A blocked fault is fatal, whatever its handler.
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    mask(SIG_BLOCK, SIGSEGV);
    *(volatile int *)nowhere = 1;
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("blocked fault: %d\n", WTERMSIG(status));
}

static volatile double kept;
static void spoil(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info, (void)context;
  __asm__ volatile("pcmpeqd %%xmm0, %%xmm0; movdqa %%xmm0, %%xmm7; movdqa %%xmm0, %%xmm15" ::: "xmm0", "xmm7", "xmm15");
  count++;
}

// A loop without system calls is interrupted, and goes on with all its registers.
static void interrupted_loop(void) {
  struct sigaction action = {.sa_sigaction = spoil, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGUSR1, &action, 0);
  count = 0;
  fflush(stdout);
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    for (int i = 0; i < 50; i++) {
      kill(parent, SIGUSR1);
      usleep(500);
    }
    _exit(0);
  }
  double a = 1, b = 2, c = 3;
  unsigned long x = 1, wrong = 0;
  while (count < 10) {
    for (int i = 0; i < 1000; i++) {
      a += b;
      c += a - b;
      b = a - b;
      x = x * 6364136223846793005UL + 1442695040888963407UL;
      if (a + b < 0) wrong++;
    }
    a = 1, b = 2, c = 3;
  }
  kept = a + b + c;
  printf("loop: %lu %.1f\n", wrong, kept);
  reap(child);
}

static void child_tells(void) {
  handle(SIGCHLD, SA_RESTART);
  count = 0;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) _exit(9);
  reap(child);
  printf("SIGCHLD: %d code %d status %d pid %d\n", count, last.si_code, last.si_status,
         last.si_pid == child);
  child = fork();
  if (child == 0) abort();
  reap(child);
  printf("SIGCHLD: %d status %d\n", count, last.si_status);
  // The signal of the end that is waited for doesn't interrupt the wait.
  int waited = 0, gone = 0;
  handle(SIGCHLD, 0);
  for (int i = 0; i < 50; i++) {
    child = fork();
    if (child == 0) usleep(1000), _exit(0);
    waited += waitpid(child, 0, 0) == child;
  }
  handle(SIGCHLD, SA_NOCLDWAIT);
  for (int i = 0; i < 50; i++) {
    child = fork();
    if (child == 0) usleep(1000), _exit(0);
    gone += waitpid(child, 0, 0) == -1 && errno == ECHILD;
  }
  printf("waited: %d, gone: %d\n", waited, gone);
  signal(SIGCHLD, SIG_DFL);
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  sending();
  action_errors();
  masks_and_queues();
  waiting();
  restarts();
  flags();
  stacks();
  faults();
  interrupted_loop();
  child_tells();
  return 0;
}
