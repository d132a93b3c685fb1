// SPDX-License-Identifier: Apache-2.0
// executes: itself
// fork, vfork, clone, exec, wait and exit.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

extern char **environ;
static const char *self;
// Volatile, so that the compiler does not see through it.
static void *volatile nowhere = (void *)8;
static int data = 5;
static int zeroes[5000];

static void show_end(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exit %d\n", what, WEXITSTATUS(status));
  if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
  if (WIFSTOPPED(status)) printf("%s: stopped %d\n", what, WSTOPSIG(status));
  if (WIFCONTINUED(status)) printf("%s: continued\n", what);
}

static void reap(const char *what, pid_t child) {
  int status = 0;
  printf("%s: %s\n", what, waitpid(child, &status, 0) == child ? "reaped" : errno_name(errno));
  show_end(what, status);
}

static void memory_is_copied(void) {
  char *heap = malloc(100000);
  heap[70000] = 'h';
  char *private = mmap(0, 40960, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char *read_only = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *wiped = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  private[30000] = 'p';
  *read_only = 'r';
  *wiped = 'w';
  mprotect(read_only, 4096, PROT_READ);
  madvise(wiped, 4096, MADV_WIPEONFORK);
  pid_t child = fork();
  if (child == 0) {
    printf("child sees %d %d %c %c %c %d\n", data, zeroes[4999], heap[70000], private[30000],
           *read_only, *wiped);
    data = 6;
    zeroes[4999] = 1;
    heap[70000] = private[30000] = 'x';
    *shared = 99;
    fflush(stdout);
    _exit(3);
  }
  reap("copy", child);
  printf("parent sees %d %d %c %c %d\n", data, zeroes[4999], heap[70000], private[30000], *shared);
}

static void files_are_shared(void) {
  int fd = open("file", O_CREAT | O_RDWR, 0600);
  pid_t child = fork();
  if (child == 0) {
    write(fd, "abc", 3);
    _exit(0);
  }
  reap("files", child);
  SHOW(lseek(fd, 0, SEEK_CUR));
  close(fd);
}

static void ids(void) {
  pid_t before = getpid();
  int ends[2];
  pipe(ends);
  pid_t child = fork();
  if (child == 0) {
    pid_t ids[] = {getpid(), getppid(), gettid(), getpgrp(), getsid(0)};
    write(ends[1], ids, sizeof ids);
    _exit(0);
  }
  pid_t told[5];
  read(ends[0], told, sizeof told);
  printf("ids: %d %d %d %d %d\n", told[0] == child, told[1] == before, told[2] == child,
         told[3] == getpgrp(), told[4] == getsid(0));
  reap("ids", child);
  close(ends[0]);
  close(ends[1]);
}

static void wait_errors(void) {
  int status;
  SHOW(wait(&status));
  SHOW(waitpid(1 << 21, &status, 0));
  SHOW(waitpid(-1, &status, WNOHANG));
  SHOW(waitpid(-1, &status, 0x100));
  siginfo_t info;
  SHOW(waitid(P_ALL, 0, &info, 0));
  SHOW(waitid(P_PID, 0, &info, WEXITED));
  SHOW(waitid(99, 0, &info, WEXITED));
  SHOW(waitid(P_ALL, 0, &info, WEXITED));
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  SHOW(waitpid(child, &status, WNOHANG));
  memset(&info, 1, sizeof info);
  SHOW(waitid(P_PID, child, &info, WEXITED | WNOHANG));
  printf("nothing yet: %d %d\n", info.si_signo, info.si_pid);
  kill(child, SIGSTOP);
  SHOW(waitpid(child, &status, WUNTRACED) == child);
  show_end("stop", status);
  kill(child, SIGCONT);
  SHOW(waitpid(child, &status, WCONTINUED) == child);
  show_end("cont", status);
  kill(child, SIGKILL);
  SHOW(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
  printf("peeked: %d %d %d %d\n", info.si_signo, info.si_code, info.si_status,
         info.si_pid == child);
  struct rusage usage;
  SHOW(wait4(child, nowhere, 0, &usage));
  SHOW(waitpid(child, &status, 0));
}

static void groups(void) {
  pid_t child = fork();
  if (child == 0) {
    printf("own group: %d\n", setpgid(0, 0) == 0 && getpgrp() == getpid());
    SHOW(setpgid(0, 1 << 21));
    SHOW(setpgid(1 << 21, 0));
    SHOW(setpgid(0, -1));
    SHOW(setsid());
    fflush(stdout);
    _exit(0);
  }
  reap("group", child);
  child = fork();
  if (child == 0) {
    printf("session: %d\n", setsid() == getpid() && getsid(0) == getpid());
    SHOW(setpgid(0, 0));
    fflush(stdout);
    _exit(0);
  }
  reap("session", child);
  SHOW(getpgid(1 << 21));
  SHOW(getsid(1 << 21));
}

static void exec_errors(void) {
  char *arguments[] = {"x", 0};
  SHOW(execv("no-such-file", arguments));
  SHOW(execv("file", arguments));
  mkdir("directory", 0700);
  SHOW(execv("directory", arguments));
  SHOW(execv("file/x", arguments));
  int fd = open("empty", O_CREAT | O_RDWR, 0700);
  close(fd);
  SHOW(execv("empty", arguments));
  fd = open("script", O_CREAT | O_RDWR, 0700);
  write(fd, "#!no-such-interpreter\n", 22);
  close(fd);
  SHOW(execv("script", arguments));
  fd = open("bad", O_CREAT | O_RDWR, 0700);
  write(fd, "#!\n", 3);
  close(fd);
  SHOW(execv("bad", arguments));
  fd = open("loop", O_CREAT | O_RDWR, 0700);
  write(fd, "#!loop\n", 7);
  close(fd);
  SHOW(execv("loop", arguments));
  SHOW(execv(nowhere, arguments));
  SHOW(execve(self, nowhere, environ));
  char *bad[] = {nowhere, 0};
  SHOW(execve(self, bad, environ));
  char *huge = malloc(140000);
  memset(huge, 'a', 139999);
  huge[139999] = 0;
  char *long_argument[] = {huge, 0};
  SHOW(execve(self, long_argument, environ));
  SHOW(syscall(SYS_execveat, AT_FDCWD, self, arguments, environ, 0x8000));
  unlink("script");
  unlink("bad");
  unlink("loop");
}

static void exec_works(void) {
  fflush(stdout);
  char *arguments[] = {"name", "--executed", "one", "", "three", 0};
  char *environment[] = {"A=1", "B=two", 0};
  int kept = open("file", O_RDONLY);
  int closed = open("file", O_RDONLY | O_CLOEXEC);
  signal(SIGUSR1, SIG_IGN);
  signal(SIGUSR2, SIG_DFL);
  pid_t child = fork();
  if (child == 0) {
    dup2(kept, 20);
    dup3(closed, 21, O_CLOEXEC);
    execve(self, arguments, environment);
    _exit(99);
  }
  reap("execve", child);
  child = vfork();
  if (child == 0) {
    execve(self, arguments, environment);
    _exit(99);
  }
  reap("vfork and execve", child);
  child = vfork();
  if (child == 0) _exit(7);
  reap("vfork", child);
  // Said when the child has ended, since that prints as well.
  int spawned = posix_spawn(&child, self, 0, 0, arguments, environment);
  reap("posix_spawn", child);
  printf("posix_spawn: %d\n", spawned);
  SHOW(posix_spawn(&child, "no-such-file", 0, 0, arguments, environment));
  int fd = open(self, O_RDONLY);
  child = fork();
  if (child == 0) {
    syscall(SYS_execveat, fd, "", arguments, environment, AT_EMPTY_PATH);
    _exit(99);
  }
  reap("execveat", child);
  close(fd);
  close(kept);
  close(closed);
}

static void script_works(void) {
  char line[4200];
  int fd = open("script", O_CREAT | O_RDWR, 0700);
  // Interpreters have a name of at most 255 bytes.
  symlink(self, "me");
  snprintf(line, sizeof line, "#! ./me --executed with blanks \nrest\n");
  write(fd, line, strlen(line));
  close(fd);
  char *arguments[] = {"ignored", "after", 0};
  char *environment[] = {0};
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    execve("./script", arguments, environment);
    _exit(99);
  }
  reap("script", child);
  unlink("script");
  unlink("me");
}

static int executed(int argc, char **argv) {
  // From where the interpreter's path stands, names differ natively and in a cage.
  for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
  for (char **entry = environ; *entry; entry++) printf("environment: %s\n", *entry);
  printf("descriptors: %d %d\n", fcntl(20, F_GETFD), fcntl(21, F_GETFD));
  struct sigaction action;
  sigaction(SIGUSR1, 0, &action);
  printf("ignored stays: %d\n", action.sa_handler == SIG_IGN);
  fflush(stdout);
  _exit(42);
}

static void orphan(void) {
  int ends[2];
  pipe(ends);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    pid_t parent = getpid();
    if (fork() == 0) {
      while (getppid() == parent) usleep(1000);
      write(ends[1], "o", 1);
      _exit(0);
    }
    _exit(1);
  }
  reap("orphan's parent", child);
  close(ends[1]);
  char byte = 0;
  SHOW(read(ends[0], &byte, 1));
  close(ends[0]);
}

static void clone_errors(void) {
  SHOW(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
  SHOW(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
  SHOW(syscall(SYS_clone3, 0, 8));
  SHOW(syscall(SYS_clone3, 0, 1 << 20));
  struct rlimit before, none = {0, 0};
  getrlimit(RLIMIT_NPROC, &before);
  none.rlim_max = before.rlim_max;
  if (getuid() != 0) {
    setrlimit(RLIMIT_NPROC, &none);
    SHOW(fork());
    setrlimit(RLIMIT_NPROC, &before);
  }
}

static void many(void) {
  int good = 0;
  for (int i = 0; i < 300; i++) {
    pid_t child = fork();
    if (child == 0) _exit(i % 200);
    int status;
    if (waitpid(child, &status, 0) == child && WEXITSTATUS(status) == i % 200) good++;
  }
  printf("in a row: %d\n", good);
  good = 0;
  for (int i = 0; i < 40; i++) {
    if (fork() == 0) _exit(0);
  }
  while (wait(0) > 0) good++;
  printf("at once: %d\n", good);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--executed") == 0) return executed(argc, argv);
  if (argc > 1 && strncmp(argv[1], "--executed", 10) == 0) return executed(argc, argv);
  setvbuf(stdout, 0, _IOLBF, 0);
  self = argv[1];
  memory_is_copied();
  files_are_shared();
  ids();
  wait_errors();
  groups();
  exec_errors();
  exec_works();
  script_works();
  orphan();
  clone_errors();
  many();
  return 0;
}
