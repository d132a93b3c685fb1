/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Processes that fork, execute, make threads and end, while others read all that /proc shows of
   them, follow every link and hold what they find until long after. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kSeconds = 6, kReaders = 3, kMakers = 3 };

static char buffer[8192];
static time_t end;

static void *nothing(void *p) {
  int fd = open("/dev/null", O_RDWR);
  mmap(0, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  prctl(PR_SET_NAME, "a thread");
  close(fd);
  return p;
}

static void make(void) {
  for (unsigned round = 0; time(0) < end; round++) {
    pid_t child = round % 3 == 0 ? vfork() : fork();
    if (child == 0) {
      if (round % 3 == 0) execl("/proc/self/exe", "again", (char *)0);
      pthread_t threads[2];
      for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, nothing, 0);
      setuid(round % 2 ? 65534 : getuid());
      if (round % 3 == 1) execl("/proc/self/exe", "again", (char *)0);
      _exit(0);
    }
    if (child > 0) waitpid(child, 0, 0);
  }
  _exit(0);
}

/* Everything below a directory, without end: links lead back to it. */
static void visit(int at, int depth) {
  int held[16], count = 0;
  int fd = dup(at);
  DIR *directory = fd < 0 ? 0 : fdopendir(fd);
  if (!directory) {
    if (fd >= 0) close(fd);
    return;
  }
  struct dirent *entry;
  while (time(0) < end && (entry = readdir(directory))) {
    if (*entry->d_name == '.') continue;
    char target[512];
    readlinkat(at, entry->d_name, target, sizeof target);
    struct stat status;
    fstatat(at, entry->d_name, &status, 0);
    if (depth == 0 && rand() % 4 == 0 && count < 16) {
      held[count++] = openat(at, entry->d_name, O_PATH | (rand() % 2 ? O_NOFOLLOW : 0));
    }
    int file = openat(at, entry->d_name, O_RDONLY | O_NONBLOCK);
    if (file < 0) continue;
    if (S_ISDIR(status.st_mode) && depth < 3 && strcmp(entry->d_name, "root") &&
        strcmp(entry->d_name, "cwd")) {
      visit(file, depth + 1);
    } else if (S_ISREG(status.st_mode)) {
      for (int i = 0; i < 64 && read(file, buffer, sizeof buffer) > 0; i++) {
      }
      pread(file, buffer, 100, 1);
    }
    int writer = openat(at, entry->d_name, O_WRONLY | O_NONBLOCK);
    if (writer >= 0 && S_ISREG(status.st_mode) && depth > 0 && status.st_size == 0 &&
        strcmp(entry->d_name, "exe")) {
      write(writer, "500", 3);
    }
    if (writer >= 0) close(writer);
    close(file);
  }
  for (int i = 0; i < count; i++) {
    if (held[i] < 0) continue;
    int file = openat(held[i], "stat", O_RDONLY);
    read(file, buffer, sizeof buffer);
    close(file);
    close(held[i]);
  }
  closedir(directory);
}

int main(int argc, char **argv) {
  if (argc < 2 && !strcmp(argv[0], "again")) return 0;
  end = time(0) + kSeconds;
  for (int i = 0; i < kMakers; i++) {
    if (fork() == 0) make();
  }
  for (int i = 0; i < kReaders; i++) {
    if (fork() != 0) continue;
    srand((unsigned)i);
    int rounds = 0;
    for (; time(0) < end; rounds++) {
      int proc = open("/proc", O_RDONLY | O_DIRECTORY);
      visit(proc, 0);
      close(proc);
    }
    printf("%d rounds\n", rounds);
    fflush(stdout);
    _exit(rounds == 0);
  }
  int bad = 0, status;
  while (wait(&status) > 0) bad |= status;
  return bad != 0;
}
