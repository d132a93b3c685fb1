// SPDX-License-Identifier: Apache-2.0
// Calls on a controlling terminal and what job control does about them. Runs as the leader of a
// session on a terminal; `sessions` does the typing.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static void on_signal(int number) { caught = number; }

static void handle(int number, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigaction(number, &action, NULL);
}

static const char* result(int outcome) { return outcome == 0 ? "ok" : strerror(errno); }

static void wait_for(pid_t child, int options) {
  int status;
  if (waitpid(child, &status, options) != child) perror("waitpid");
  if (WIFSTOPPED(status)) {
    printf("  stopped by %d\n", WSTOPSIG(status));
  } else if (WIFSIGNALED(status)) {
    printf("  ended by %d\n", WTERMSIG(status));
  } else {
    printf("  exited with %d\n", WEXITSTATUS(status));
  }
}

// A child in a group of its own, so in the background.
static pid_t background(void) {
  fflush(stdout);
  pid_t child = fork();
  setpgid(child, child);
  return child;
}

static void groups(void) {
  pid_t session = 0;
  printf("leader: %s, foreground: %s\n", getsid(0) == getpid() ? "yes" : "no",
         tcgetpgrp(0) == getpgrp() ? "own" : "other");
  printf("TIOCGSID %s\n", result(ioctl(0, TIOCGSID, &session)));
  printf("session %s\n", session == getsid(0) ? "own" : "other");
  printf("tcsetpgrp: no such group: %s, negative: %s", result(tcsetpgrp(0, 999999)), "");
  printf("%s, own: ", result(tcsetpgrp(0, -5)));
  printf("%s\n", result(tcsetpgrp(0, getpgrp())));
  int pipes[2];
  if (pipe(pipes) != 0) exit(1);
  printf("pipe: tcgetpgrp %s", tcgetpgrp(pipes[0]) < 0 ? strerror(errno) : "ok");
  printf(", TIOCSCTTY %s\n", result(ioctl(pipes[0], TIOCSCTTY, 0)));
  printf("TIOCSCTTY again: %s\n", result(ioctl(0, TIOCSCTTY, 0)));
  printf("bad pointers: %s", result(ioctl(0, TIOCGPGRP, 16)));
  printf(" %s\n", result(ioctl(0, TIOCSPGRP, 16)));

  int tty = open("/dev/tty", O_RDWR);
  printf("/dev/tty: %s\n", tty >= 0 && tcgetpgrp(tty) == getpgrp() ? "own" : strerror(errno));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    // A session of its own has no terminal, and can't have this one.
    setsid();
    printf("without: /dev/tty %s", open("/dev/tty", O_RDWR) < 0 ? strerror(errno) : "ok");
    printf(", tcgetpgrp %s", tcgetpgrp(0) < 0 ? strerror(errno) : "ok");
    printf(", tcsetpgrp %s", result(tcsetpgrp(0, getpgrp())));
    printf(", TIOCSCTTY %s\n", result(ioctl(0, TIOCSCTTY, 0)));
    fflush(stdout);
    _exit(0);
  }
  wait_for(child, 0);
}

static void in_the_background(void) {
  char byte;
  printf("read in the background:\n");
  pid_t child = background();
  if (child == 0) {
    read(0, &byte, 1);
    _exit(0);
  }
  wait_for(child, WUNTRACED);
  kill(child, SIGKILL);
  wait_for(child, 0);

  printf("with SIGTTIN ignored, then blocked:\n");
  child = background();
  if (child == 0) {
    handle(SIGTTIN, SIG_IGN, 0);
    again:
    if (read(0, &byte, 1) < 0 && errno == EIO) {
      if (signal(SIGTTIN, SIG_DFL) == SIG_DFL) _exit(5);
      sigset_t set;
      sigemptyset(&set);
      sigaddset(&set, SIGTTIN);
      sigprocmask(SIG_BLOCK, &set, NULL);
      goto again;
    }
    _exit(1);
  }
  wait_for(child, WUNTRACED);

  printf("with a handler:\n");
  child = background();
  if (child == 0) {
    handle(SIGTTIN, on_signal, 0);
    ssize_t count = read(0, &byte, 1);
    _exit(count < 0 && errno == EINTR && caught == SIGTTIN ? 6 : 1);
  }
  wait_for(child, WUNTRACED);

  printf("write, change, and write with TOSTOP:\n");
  struct termios modes;
  tcgetattr(0, &modes);
  child = background();
  if (child == 0) {
    write(1, "  written\n", 10);
    _exit(tcsetattr(0, TCSANOW, &modes) == 0 ? 0 : 1);
  }
  wait_for(child, WUNTRACED);
  kill(child, SIGKILL);
  wait_for(child, 0);
  struct termios stopping = modes;
  stopping.c_lflag |= TOSTOP;
  tcsetattr(0, TCSANOW, &stopping);
  child = background();
  if (child == 0) {
    write(1, "never\n", 6);
    _exit(0);
  }
  wait_for(child, WUNTRACED);
  kill(child, SIGKILL);
  wait_for(child, 0);
  child = background();
  if (child == 0) {
    handle(SIGTTOU, SIG_IGN, 0);
    write(1, "  ignored\n", 10);
    _exit(0);
  }
  wait_for(child, WUNTRACED);
  tcsetattr(0, TCSANOW, &modes);
}

static void orphans(void) {
  printf("an orphaned group reads and takes the foreground:\n");
  fflush(stdout);
  int pipes[2];
  if (pipe(pipes) != 0) exit(1);
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    if (fork() == 0) {
      char byte;
      // Until its parent is gone.
      for (int i = 0; i < 1000 && getppid() == getpgrp(); i++) usleep(1000);
      char line[100];
      ssize_t count = read(0, &byte, 1);
      int size = sprintf(line, "  read %s", count < 0 ? strerror(errno) : "ok");
      size += sprintf(line + size, ", tcsetpgrp %s\n", result(tcsetpgrp(0, getpgrp())));
      write(pipes[1], line, (size_t)size);
      _exit(0);
    }
    _exit(0);
  }
  close(pipes[1]);
  wait_for(child, 0);
  char line[100];
  ssize_t size = 0;
  for (ssize_t n; (n = read(pipes[0], line + size, sizeof line - (size_t)size)) > 0;) size += n;
  printf("%.*s", (int)size, line);
}

static void pass_the_foreground(void) {
  printf("a job in the foreground:\n");
  handle(SIGTTOU, SIG_IGN, 0);
  pid_t child = background();
  if (child == 0) {
    handle(SIGTTOU, SIG_DFL, 0);
    tcsetpgrp(0, getpid());  // stops it: it is in the background
    _exit(tcgetpgrp(0) == getpid() ? 0 : 1);
  }
  wait_for(child, WUNTRACED);
  tcsetpgrp(0, child);
  kill(child, SIGCONT);
  wait_for(child, 0);
  printf("  foreground: %s\n", tcgetpgrp(0) == child ? "the job's still" : "other");
  tcsetpgrp(0, getpgrp());
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  groups();
  in_the_background();
  orphans();
  pass_the_foreground();

  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  sigprocmask(SIG_BLOCK, &all, NULL);
  handle(SIGWINCH, on_signal, 0);
  handle(SIGINT, on_signal, 0);
  printf("size\n");
  while (caught != SIGWINCH) sigsuspend(&none);
  struct winsize size;
  ioctl(0, TIOCGWINSZ, &size);
  printf("%d rows, %d columns\n", size.ws_row, size.ws_col);
  printf("type\n");
  while (caught != SIGINT) sigsuspend(&none);
  printf("SIGINT\n");
  sigprocmask(SIG_SETMASK, &none, NULL);
  handle(SIGINT, SIG_DFL, 0);
  printf("quit\n");
  while (1) pause();
}
