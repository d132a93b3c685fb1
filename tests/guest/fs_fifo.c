// SPDX-License-Identifier: Apache-2.0
// Opening named pipes waits for the other end (fifo(7)), until a signal comes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static const char *name = "pipe";
static volatile sig_atomic_t caught;
static void on_alarm(int number) {
  (void)number;
  caught++;
}

/* Signals come until the timer is stopped, so that none can be too early. */
static void alarms(int flags, int milliseconds) {
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
  sigaction(SIGALRM, &action, 0);
  struct itimerval timer = {{0, milliseconds * 1000}, {0, milliseconds * 1000}};
  setitimer(ITIMER_REAL, &timer, 0);
}

static void without_waiting(void) {
  SHOW(open(name, O_WRONLY | O_NONBLOCK));
  int reader, writer;
  SHOW_OK(reader = open(name, O_RDONLY | O_NONBLOCK));
  SHOW_OK(writer = open(name, O_WRONLY));
  SHOW(write(writer, "abc", 3));
  char text[8];
  SHOW(read(reader, text, sizeof text));
  close(writer);
  close(reader);
  SHOW_OK(reader = open(name, O_RDWR));
  close(reader);
}

static void interrupted(void) {
  caught = 0;
  alarms(0, 10);
  SHOW(open(name, O_RDONLY));
  SHOW(open(name, O_WRONLY));
  SHOW(openat(AT_FDCWD, name, O_RDONLY));
  alarms(0, 0);
  SHOW(caught > 0);
}

static void restarted(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    usleep(100000);
    int writer = open(name, O_WRONLY);
    _exit(write(writer, "x", 1) == 1 ? 7 : 8);
  }
  caught = 0;
  alarms(SA_RESTART, 5);
  int reader = open(name, O_RDONLY);
  alarms(SA_RESTART, 0);
  SHOW(reader >= 0 && caught > 0);
  char byte = 0;
  SHOW(read(reader, &byte, 1));
  int status;
  SHOW(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
  close(reader);
}

static void *open_it(void *path) {
  open(path, O_WRONLY);
  return 0;
}

static void ended(const char *path) {
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    open(path, O_WRONLY);
    _exit(1);
  }
  usleep(50000);
  kill(child, SIGKILL);
  SHOW(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  fflush(stdout);
  child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, open_it, (void *)path);
    usleep(50000);
    exit(5);
  }
  SHOW(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5);
}

int main(void) {
  SHOW(mkfifo(name, 0600));
  without_waiting();
  interrupted();
  restarted();
  ended(name);
  char again[64];
  int path = open(name, O_PATH);
  snprintf(again, sizeof again, "/proc/self/fd/%d", path);
  ended(again);
  SHOW(unlink(name));
  return 0;
}
