// SPDX-License-Identifier: Apache-2.0
// executes: itself
// args: first second
// What a process finds of itself in /proc.
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>

#include "test.h"

static const char *self;
static char text[1 << 20];

// The whole of a file, as one string.
static long load(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  size_t size = 0;
  ssize_t count;
  while ((count = read(fd, text + size, sizeof text - 1 - size)) > 0) size += (size_t)count;
  int error = errno;
  close(fd);
  errno = error;
  text[size] = 0;
  return count < 0 ? -1 : (long)size;
}

static void show_link(const char *what, const char *path) {
  char target[4096];
  ssize_t size = readlink(path, target, sizeof target - 1);
  target[size < 0 ? 0 : size] = 0;
  printf("%s: %s\n", what, size < 0 ? errno_name(errno) : target);
}

static const char *field(int number) {
  char *at = strrchr(text, ')');
  for (int i = 2; i < number && at; i++) at = strchr(at + 1, ' ');
  return at ? at + 1 : "";
}

static void stat_of_self(void) {
  // More than Linux's counters may be behind by.
  static char touched[8 << 20];
  memset(touched, 1, sizeof touched);
  load("/proc/self/stat");
  int fields = 2;
  for (char *at = strrchr(text, ')'); (at = strchr(at + 1, ' ')); ) fields++;
  printf("fields: %d, ends with a newline: %d\n", fields, text[strlen(text) - 1] == '\n');
  printf("pid %d, state %c, parent %d, group %d, session %d\n", atoi(text) == getpid(), *field(3),
         atoi(field(4)) == getppid(), atoi(field(5)) == getpgrp(), atoi(field(6)) == getsid(0));
  printf("priority %d, nice %d, threads %d\n", atoi(field(18)), atoi(field(19)), atoi(field(20)));
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  double start = atof(field(22)) / 100, up = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
  printf("started before now: %d, not long ago: %d\n", start <= up + 0.01, start > up - 60);
  printf("memory: %d %d\n", atol(field(23)) > 100000, atol(field(24)) > 1000);
  unsigned long code = strtoul(field(26), 0, 10), code_end = strtoul(field(27), 0, 10);
  unsigned long here = (unsigned long)stat_of_self, stack = strtoul(field(28), 0, 10);
  printf("code: %d, stack: %d\n", code <= here && here < code_end, stack > (unsigned long)&now);
  unsigned long arguments = strtoul(field(48), 0, 10), arguments_end = strtoul(field(49), 0, 10);
  printf("arguments: %d %d\n", arguments < arguments_end && arguments > stack,
         strtoul(field(50), 0, 10) == arguments_end);
}

static void line_of(const char *name) {
  char start[64];
  snprintf(start, sizeof start, "\n%s:", name);
  char *at = strstr(text, start);
  if (!at && !strncmp(text, start + 1, strlen(start + 1))) at = text - 1;
  if (!at) {
    printf("%s is missing\n", name);
    return;
  }
  printf("%.*s\n", (int)strcspn(at + 1, "\n"), at + 1);
}

static void ignore(int signal) { (void)signal; }

static void status_of_self(void) {
  signal(SIGUSR1, ignore);
  signal(SIGUSR2, SIG_IGN);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGWINCH);
  sigaddset(&blocked, SIGRTMIN + 3);
  sigprocmask(SIG_SETMASK, &blocked, 0);
  raise(SIGRTMIN + 3);
  kill(getpid(), SIGRTMIN + 3);
  load("/proc/self/status");
  const char *const same[] = {"Name",   "Umask",  "State",  "TracerPid", "Uid",    "Gid",
                              "Groups", "Threads", "SigPnd", "ShdPnd",   "SigBlk",
                              "SigIgn", "SigCgt", "Cpus_allowed_list"};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) line_of(same[i]);
  const char *const there[] = {"Tgid",   "Ngid",   "Pid",    "PPid",    "NStgid", "NSpid", "VmPeak",
                               "VmSize", "VmLck",  "VmHWM",  "VmRSS",   "RssAnon", "VmData", "VmStk",
                               "VmExe",  "VmLib",  "VmPTE",  "VmSwap",  "SigQ",   "NoNewPrivs",
                               "FDSize", "CapEff", "CapBnd", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"};
  for (size_t i = 0; i < sizeof there / sizeof *there; i++) {
    char start[64];
    snprintf(start, sizeof start, "\n%s:\t", there[i]);
    if (!strstr(text, start)) printf("%s is missing\n", there[i]);
  }
  printf("numbers: %d %d\n", atoi(strstr(text, "\nPid:") + 5) == getpid(),
         atoi(strstr(text, "\nPPid:") + 6) == getppid());
  printf("memory: %d\n", atoi(strstr(text, "\nVmRSS:") + 7) > 0);
  signal(SIGRTMIN + 3, SIG_IGN);
  signal(SIGUSR2, SIG_DFL);
}

static void strings(char **argv) {
  long size = load("/proc/self/cmdline");
  printf("cmdline is the arguments: %d", !strcmp(text, argv[0]));
  for (char *at = text + strlen(text) + 1; at < text + size; at += strlen(at) + 1) {
    if (*at != '/') printf(" [%s]", at);
  }
  printf("\n");
  long whole = size;
  // In small pieces, and at offsets.
  char piece[3], joined[4096];
  size_t done = 0;
  int fd = open("/proc/self/cmdline", O_RDONLY);
  for (ssize_t count; (count = read(fd, piece, sizeof piece)) > 0; done += (size_t)count) {
    memcpy(joined + done, piece, (size_t)count);
  }
  printf("pieces make the same: %d\n", (long)done == whole && !memcmp(joined, text, done));
  SHOW(pread(fd, piece, 3, 1) == 3 && !memcmp(piece, text + 1, 3));
  SHOW(pread(fd, piece, 3, 1000000));
  SHOW(lseek(fd, 0, SEEK_SET));
  SHOW(lseek(fd, -1, SEEK_SET));
  close(fd);
  load("/proc/self/environ");
  int there = 0;
  extern char **environ;
  char *at = text;
  for (char **entry = environ; *entry; entry++, at += strlen(at) + 1) there += strcmp(at, *entry) != 0;
  printf("environment differs: %d\n", there);
  // The arguments are what memory holds now.
  argv[3][0] = 'S';
  size = load("/proc/self/cmdline");
  printf("last arguments: %s\n", text + size - 16);
  size = load("/proc/self/auxv");
  Elf64_auxv_t *aux = (Elf64_auxv_t *)text;
  int page = 0;
  for (; aux->a_type != AT_NULL; aux++) {
    if (aux->a_type == AT_PAGESZ) page = (int)aux->a_un.a_val;
  }
  printf("auxv: page %d, ends: %d\n", page, (char *)(aux + 1) == text + size || aux->a_type == AT_NULL);
}

static void names(void) {
  char name[32];
  SHOW(prctl(PR_SET_NAME, "a new name"));
  load("/proc/self/comm");
  printf("comm: %s", text);
  int fd = open("/proc/self/comm", O_RDWR);
  SHOW(write(fd, "much longer than a name can be", 30));
  SHOW(prctl(PR_GET_NAME, name));
  printf("name: %s\n", name);
  SHOW(write(fd, "odd (name) \n", 11));
  load("/proc/self/stat");
  printf("stat: %.*s\n", (int)(strrchr(text, ')') - strchr(text, '(') + 1), strchr(text, '('));
  load("/proc/self/status");
  printf("%.*s\n", (int)strcspn(text, "\n"), text);
  close(fd);
  prctl(PR_SET_NAME, "proc_self");
}

static void links(void) {
  char *real = realpath(self, 0);
  char target[4096];
  ssize_t size = readlink("/proc/self/exe", target, sizeof target - 1);
  target[size < 0 ? 0 : size] = 0;
  printf("exe is itself: %d\n", real && !strcmp(target, real));
  int fd = open("/proc/self/exe", O_RDONLY);
  char magic[4] = "";
  SHOW(read(fd, magic, 4));
  printf("an ELF file: %d\n", !memcmp(magic, ELFMAG, 4));
  struct stat one, other;
  printf("the same file: %d\n", !fstat(fd, &one) && !stat(self, &other) && one.st_ino == other.st_ino);
  close(fd);
  show_link("root", "/proc/self/root");
  mkdir("there", 0755);
  chdir("there");
  size = readlink("/proc/self/cwd", target, sizeof target - 1);
  printf("cwd: %s\n", size > 6 ? "" : errno_name(errno));
  target[size] = 0;
  printf("ends: %s\n", strrchr(target, '/'));
  SHOW(mkdir("/proc/self/cwd/below", 0700));
  rmdir("below");
  rmdir("../there");
  size = readlink("/proc/self/cwd", target, sizeof target - 1);
  target[size < 0 ? 0 : size] = 0;
  printf("removed: %s\n", strrchr(target, '/') ? strrchr(target, '/') : "");
  chdir("/proc/self/root");
  SHOW(!strcmp(getcwd(target, sizeof target), "/"));
  show_link("/dev/fd", "/dev/fd");
  show_link("/dev/stdin", "/dev/stdin");
  show_link("mounts", "/proc/mounts");
  show_link("no link", "/proc/self/stat");
}

static void *wait_here(void *gate) {
  prctl(PR_SET_NAME, "the thread");
  pthread_barrier_wait(gate);
  pthread_barrier_wait(gate);
  return 0;
}

static int count(const char *path) {
  int entries = 0;
  DIR *directory = opendir(path);
  if (!directory) return -1;
  while (readdir(directory)) entries++;
  closedir(directory);
  return entries - 2;
}

static void threads(void) {
  pthread_barrier_t gate;
  pthread_barrier_init(&gate, 0, 2);
  pthread_t thread;
  pthread_create(&thread, 0, wait_here, &gate);
  pthread_barrier_wait(&gate);
  printf("tasks: %d\n", count("/proc/self/task"));
  DIR *directory = opendir("/proc/self/task");
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    if (*entry->d_name == '.') continue;
    char path[300];
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
    load(path);
    printf("task %d is called %s", atoi(entry->d_name) == getpid(), text);
    if (atoi(entry->d_name) == getpid()) continue;
    int fd = open(path, O_WRONLY);
    SHOW(write(fd, "renamed", 7));
    close(fd);
    load(path);
    printf("now %s", text);
    snprintf(path, sizeof path, "/proc/self/task/%s/status", entry->d_name);
    load(path);
    printf("tgid %d pid %d threads %d\n", atoi(strstr(text, "\nTgid:") + 6) == getpid(),
           atoi(strstr(text, "\nPid:") + 5) == atoi(entry->d_name),
           atoi(strstr(text, "\nThreads:") + 9));
    // Not listed, but there.
    snprintf(path, sizeof path, "/proc/%s/status", entry->d_name);
    printf("by its number: %d\n", load(path) > 0);
    snprintf(path, sizeof path, "/proc/self/task/%s/task", entry->d_name);
    SHOW(access(path, F_OK));
  }
  closedir(directory);
  load("/proc/self/comm");
  printf("the first is still called %s", text);
  char target[64], expected[64];
  ssize_t size = readlink("/proc/thread-self", target, sizeof target - 1);
  target[size < 0 ? 0 : size] = 0;
  snprintf(expected, sizeof expected, "%d/task/%d", getpid(), gettid());
  printf("thread-self: %d\n", !strcmp(target, expected));
  pthread_barrier_wait(&gate);
  pthread_join(thread, 0);
  for (int tries = 0; tries < 1000 && count("/proc/self/task") > 1; tries++) usleep(1000);
  printf("tasks: %d\n", count("/proc/self/task"));
}

static void settings(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 77;
  setrlimit(RLIMIT_NOFILE, &limit);
  load("/proc/self/limits");
  printf("%.*s\n", (int)strcspn(text, "\n"), text);
  char *at = strstr(text, "Max open files");
  printf("%.46s\n", at);
  printf("last line: %s", strstr(text, "Max realtime timeout"));
  int fd = open("/proc/self/oom_score_adj", O_RDWR);
  SHOW(write(fd, "1000", 4));
  SHOW(write(fd, "1001", 4));
  SHOW(write(fd, "x", 1));
  SHOW(write(fd, "-1001", 5));
  load("/proc/self/oom_score_adj");
  printf("oom_score_adj: %s", text);
  close(fd);
  printf("oom_score: %d\n", load("/proc/self/oom_score") > 0 && atoi(text) > 0);
  fd = open("/proc/self/coredump_filter", O_RDWR);
  SHOW(write(fd, "0x7\n", 4));
  load("/proc/self/coredump_filter");
  printf("coredump_filter: %s", text);
  SHOW(write(fd, "what", 4));
  close(fd);
}

static void errors(void) {
  struct statfs fs;
  int found = statfs("/proc", &fs);
  printf("type: %d %lx %d\n", found, fs.f_type, (int)fs.f_namelen);
  const char *const missing[] = {"/proc/0",          "/proc/01",         "/proc/-1",
                                 "/proc/99999999",   "/proc/4294967298", "/proc/self/nothing",
                                 "/proc/self/fd/99", "/proc/self/fd/x",  "/proc/self/task/1x",
                                 "/proc/self/fd/00", "/proc/self/fdinfo/99"};
  for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
    printf("%s: ", missing[i]);
    SHOW(access(missing[i], F_OK));
  }
  SHOW(mkdir("/proc/new", 0700));
  SHOW(open("/proc/new", O_CREAT | O_RDWR, 0600));
  SHOW(symlink("x", "/proc/self/new"));
  SHOW(open("/proc/self/stat/x", O_RDONLY));
  SHOW(open("/proc/self", O_RDONLY | O_NOFOLLOW));
  SHOW(open("/proc", O_RDWR));
  SHOW(open("/proc/self/fd", O_WRONLY));
  SHOW(chmod("/proc/self/stat", 0777));
  int fd = open("/proc/self/stat", O_RDONLY);
  SHOW(write(fd, "x", 1));
  SHOW(read(fd, (void *)8, 10));
  SHOW(lseek(fd, 0, SEEK_END));
  SHOW(ftruncate(fd, 0));
  SHOW(mmap(0, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
  close(fd);
  struct stat status;
  const char *const modes[] = {"/proc",           "/proc/self/",    "/proc/self/stat",
                               "/proc/self/comm", "/proc/self/fd",  "/proc/self/environ",
                               "/proc/self/maps", "/proc/self/task", "/proc/self/cmdline",
                               "/proc/uptime",    "/proc/sys",      "/proc/sys/kernel/ostype",
                               "/proc/sys/kernel/hostname"};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    found = stat(modes[i], &status);
    printf("%s: %d %o %d %d %d\n", modes[i], found, status.st_mode, status.st_uid == geteuid(),
           status.st_gid == getegid(), S_ISREG(status.st_mode) ? (int)status.st_size : 0);
  }
  lstat("/proc/self/exe", &status);
  printf("exe: %o %d\n", status.st_mode, (int)status.st_size);
  lstat("/proc/self", &status);
  printf("self: %o\n", status.st_mode);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  if (argc < 3) return puts("executed by the name in /proc"), 0;
  self = argv[1];
  // By the name that is looked for, whatever it was started by.
  if (argc == 4) return execl(self, argv[0], self, argv[2], argv[3], "executed", (char *)0);
  prctl(PR_SET_NAME, "proc_self");
  umask(027);
  stat_of_self();
  status_of_self();
  strings(argv);
  names();
  links();
  threads();
  settings();
  errors();
  fflush(stdout);
  int child = fork();
  if (child == 0) {
    execl("/proc/self/exe", "again", (char *)0);
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  printf("executed: %d\n", status);
  return 0;
}
