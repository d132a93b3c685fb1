// SPDX-License-Identifier: Apache-2.0
// executes: itself
// What processes see of each other in /proc, and what they don't.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "test.h"

static char text[1 << 16];

static const char *path_of(pid_t pid, const char *name) {
  static char path[256];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return path;
}

static long load(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  ssize_t size = read(fd, text, sizeof text - 1);
  int error = errno;
  close(fd);
  errno = error;
  text[size < 0 ? 0 : size] = 0;
  return size;
}

static char state_of(pid_t pid) {
  if (load(path_of(pid, "stat")) <= 0) return '?';
  return strrchr(text, ')')[2];
}

static char wait_for_state(pid_t pid, char wanted) {
  for (int tries = 0; tries < 5000 && state_of(pid) != wanted; tries++) usleep(1000);
  return state_of(pid);
}

static const char *field(int number) {
  char *at = strrchr(text, ')');
  for (int i = 2; i < number; i++) at = strchr(at + 1, ' ');
  return at + 1;
}

// A child that sleeps until it is killed.
static pid_t sleeper(void) {
  fflush(stdout);
  pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "sleeper");
  while (1) pause();
}

static int is_listed(pid_t pid) {
  DIR *directory = opendir("/proc");
  struct dirent *entry;
  int found = 0;
  while ((entry = readdir(directory))) found |= atoi(entry->d_name) == pid;
  closedir(directory);
  return found;
}

static void states(void) {
  pid_t child = sleeper();
  printf("sleeping: %c\n", wait_for_state(child, 'S'));
  for (int tries = 0; tries < 5000 && !strstr(text, "(sleeper)"); tries++) {
    usleep(1000);
    load(path_of(child, "stat"));
  }
  printf("parent %d, group %d, threads %d, signal at the end %d, named %d\n",
         atoi(field(4)) == getpid(), atoi(field(5)) == getpgrp(), atoi(field(20)), atoi(field(38)),
         !strncmp(strchr(text, '('), "(sleeper)", 9));
  printf("listed: %d\n", is_listed(child));
  load(path_of(child, "cmdline"));
  printf("it has its parent's arguments: %d\n", strlen(text) > 1);
  kill(child, SIGSTOP);
  printf("stopped: %c\n", wait_for_state(child, 'T'));
  kill(child, SIGCONT);
  printf("going on: %c\n", wait_for_state(child, 'S'));
  // Opened while it lives.
  int directory = open(path_of(child, ""), O_RDONLY | O_DIRECTORY);
  int status_file = open(path_of(child, "status"), O_RDONLY);
  int maps = open(path_of(child, "maps"), O_RDONLY);
  int fds = open(path_of(child, "fd"), O_RDONLY);
  kill(child, SIGKILL);
  printf("zombie: %c\n", wait_for_state(child, 'Z'));
  printf("listed: %d\n", is_listed(child));
  printf("threads %d, memory %d %d\n", atoi(field(20)), atoi(field(23)), atoi(field(24)));
  SHOW(load(path_of(child, "cmdline")));
  SHOW(load(path_of(child, "maps")));
  SHOW(load(path_of(child, "comm")));
  printf("%s", text);
  SHOW(load(path_of(child, "statm")));
  printf("%s", text);
  char target[100];
  SHOW(readlink(path_of(child, "exe"), target, sizeof target));
  SHOW(readlink(path_of(child, "cwd"), target, sizeof target));
  SHOW(access(path_of(child, "fd/0"), F_OK));
  load(path_of(child, "status"));
  printf("state in status: %.12s\n", strstr(text, "State:") + 7);
  printf("memory in status: %d\n", strstr(text, "VmSize") != 0);
  waitpid(child, 0, 0);
  printf("listed: %d\n", is_listed(child));
  SHOW(load(path_of(child, "stat")));
  SHOW(openat(directory, "stat", O_RDONLY));
  SHOW(faccessat(directory, "fd", F_OK, 0));
  SHOW(lseek(status_file, 0, SEEK_SET));
  SHOW(read(status_file, text, 100));
  SHOW(read(maps, text, 100) <= 0);
  SHOW(syscall(SYS_getdents64, directory, text, sizeof text));
  SHOW(syscall(SYS_getdents64, fds, text, sizeof text));
  close(directory);
  close(status_file);
  close(maps);
  close(fds);
}

static void files_of_a_child(void) {
  int ends[2];
  char byte = 0, target[300];
  pipe(ends);
  int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(file, "content", 7);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    mkdir("child", 0755);
    chdir("child");
    dup2(file, 50);
    close(file);
    write(ends[1], "r", 1);
    while (1) pause();
  }
  read(ends[0], &byte, 1);
  snprintf(text, sizeof text, "/proc/%d/fd/50", child);
  int again = open(text, O_RDONLY);
  SHOW(read(again, &byte, 1));
  printf("its file: %c\n", byte);
  close(again);
  SHOW(lseek(file, 0, SEEK_CUR));
  snprintf(text, sizeof text, "/proc/%d/fd/%d", child, file);
  SHOW(access(text, F_OK));
  snprintf(text, sizeof text, "/proc/%d/cwd/../file", child);
  SHOW(access(text, F_OK));
  ssize_t size = readlink(path_of(child, "cwd"), target, sizeof target - 1);
  target[size < 0 ? 0 : size] = 0;
  printf("its directory: %s\n", strrchr(target, '/'));
  // The end of a pipe that nobody else has.
  close(ends[1]);
  snprintf(text, sizeof text, "/proc/%d/fd/%d", child, ends[1]);
  int writer = open(text, O_WRONLY);
  SHOW(write(writer, "w", 1));
  close(writer);
  SHOW(read(ends[0], &byte, 1));
  int name = open(path_of(child, "comm"), O_WRONLY);
  SHOW(write(name, "other", 5));
  close(name);
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
  SHOW(read(ends[0], &byte, 1));
  close(ends[0]);
  close(file);
  unlink("file");
  rmdir("child");
}

// Attempts of a process that runs as another user; without privilege there is none.
static const char *const kContent[] = {"environ", "maps",     "auxv", "fd",   "fdinfo/0", "exe",
                                       "cwd/file", "root",    "stat", "status", "cmdline", "comm",
                                       "limits",  "task",     "personality"};

static void look_at(pid_t pid) {
  char target[300];
  for (size_t i = 0; i < sizeof kContent / sizeof *kContent; i++) {
    printf("%s: ", kContent[i]);
    SHOW_OK(open(path_of(pid, kContent[i]), O_RDONLY));
  }
  SHOW_OK(open(path_of(pid, "comm"), O_WRONLY));
  SHOW_OK(open(path_of(pid, "oom_score_adj"), O_WRONLY));
  SHOW_OK(open(path_of(pid, "stat"), O_WRONLY));
  SHOW_OK(readlink(path_of(pid, "exe"), target, sizeof target));
  SHOW_OK(readlink(path_of(pid, "cwd"), target, sizeof target));
  SHOW_OK(readlink(path_of(pid, "fd/0"), target, sizeof target));
  SHOW_OK(access(path_of(pid, "environ"), R_OK));
  SHOW_OK(access(path_of(pid, "status"), R_OK));
  SHOW_OK(access(path_of(pid, "fd"), R_OK | X_OK));
  SHOW_OK(chdir(path_of(pid, "fd")));
  SHOW_OK(chdir(path_of(pid, "cwd")));
  load(path_of(pid, "stat"));
  printf("addresses are shown: %d %d %d\n", strtoul(field(26), 0, 10) > 1,
         strtoul(field(28), 0, 10) > 0, strtoul(field(48), 0, 10) > 0);
  struct stat status;
  stat(path_of(pid, "stat"), &status);
  printf("owner of stat: %d\n", (int)status.st_uid);
  stat(path_of(pid, ""), &status);
  printf("owner of the directory: %d\n", (int)status.st_uid);
}

static void as_another_user(void) {
  pid_t target = getpid();
  int status;
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int changed = setgid(65534) == 0 && setuid(65534) == 0;
    if (geteuid() == 65534) {
      printf("as nobody: %d\n", changed);
      look_at(target);
      puts("itself, which has changed its user");
      struct stat about;
      load("/proc/self/environ");
      SHOW(access("/proc/self/environ", R_OK));
      SHOW_OK(open("/proc/self/maps", O_RDONLY));
      SHOW_OK(open("/proc/self/fd", O_RDONLY));
      SHOW_OK(readlink("/proc/self/exe", text, sizeof text));
      stat("/proc/self/stat", &about);
      printf("owner %d\n", (int)about.st_uid);
      SHOW(prctl(PR_GET_DUMPABLE));
      fflush(stdout);
      pid_t twin = fork();
      if (twin == 0) {
        look_at(getppid());
        fflush(stdout);
        _exit(0);
      }
      waitpid(twin, 0, 0);
      SHOW(prctl(PR_SET_DUMPABLE, 1));
      stat("/proc/self/stat", &about);
      printf("owner %d\n", (int)about.st_uid);
      fflush(stdout);
      twin = fork();
      if (twin == 0) {
        puts("of the same user");
        look_at(getppid());
        fflush(stdout);
        _exit(0);
      }
      waitpid(twin, 0, 0);
    }
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, &status, 0);
  printf("done: %d\n", status);
}

static void executed(const char *self) {
  char target[300];
  int ends[2];
  pipe(ends);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 3);
    dup2(ends[0], 4);
    char *const arguments[] = {"another name", "argument", 0};
    char *const environment[] = {"VARIABLE=value", 0};
    execve(self, arguments, environment);
    _exit(1);
  }
  char byte;
  read(ends[0], &byte, 1);
  long size = load(path_of(child, "cmdline"));
  for (long i = 0; i < size; i++) putchar(text[i] ? text[i] : '|');
  load(path_of(child, "environ"));
  printf("\n%s\n", text);
  load(path_of(child, "comm"));
  printf("%.11s\n", text);  // and the end of the file's name, which differs
  ssize_t length = readlink(path_of(child, "exe"), target, sizeof target - 1);
  target[length < 0 ? 0 : length] = 0;
  char *real = realpath(self, 0);
  printf("exe: %d\n", real && !strcmp(target, real));
  kill(child, SIGKILL);
  waitpid(child, 0, 0);
}

int main(int argc, char **argv) {
  if (!strcmp(argv[0], "another name")) {
    write(3, "x", 1);
    while (1) pause();
  }
  if (argc < 2) return 2;
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  states();
  files_of_a_child();
  executed(argv[1]);
  as_another_user();
  return 0;
}
