// SPDX-License-Identifier: Apache-2.0
// executes: itself
// Open files and mappings in /proc.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "test.h"

static char path[64];

static const char *name_of(int fd) {
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return path;
}

// What a link says, without the directories before it and without numbers in brackets.
static void show_name(const char *what, int fd) {
  char target[4096];
  ssize_t size = readlink(name_of(fd), target, sizeof target - 1);
  if (size < 0) {
    printf("%s: %s\n", what, errno_name(errno));
    return;
  }
  target[size] = 0;
  char *end = strrchr(target, '/');
  char *bracket = strchr(target, '[');
  if (bracket) *bracket = 0;
  if (end && strstr(end, "/#")) strcpy(end, strchr(end, ' '));
  printf("%s: %s\n", what, end ? end : target);
}

static void names(void) {
  int fd = open("file", O_RDWR | O_CREAT, 0644);
  show_name("a file", fd);
  rename("file", "renamed");
  show_name("renamed", fd);
  link("renamed", "second");
  unlink("second");
  show_name("second name gone", fd);
  unlink("renamed");
  show_name("unlinked", fd);
  close(fd);
  int ends[2];
  pipe(ends);
  show_name("a pipe", ends[0]);
  struct stat status;
  for (int i = 0; i < 2; i++) {
    lstat(name_of(ends[i]), &status);
    printf("link of an end: %o %d\n", status.st_mode, (int)status.st_size);
  }
  stat(name_of(ends[0]), &status);
  printf("what it leads to is a pipe: %d\n", S_ISFIFO(status.st_mode));
  close(ends[0]);
  close(ends[1]);
  fd = (int)syscall(SYS_memfd_create, "memory", 0);
  show_name("a memory file", fd);
  close(fd);
  fd = open(".", O_RDWR | O_TMPFILE, 0600);
  show_name("a file without a name", fd);
  close(fd);
  fd = open("/tmp/proc_fd_test", O_RDWR | O_CREAT, 0644);
  show_name("in /tmp", fd);
  unlink("/tmp/proc_fd_test");
  show_name("unlinked in /tmp", fd);
  close(fd);
  mkdir("directory", 0755);
  fd = open("directory", O_RDONLY | O_DIRECTORY);
  show_name("a directory", fd);
  rmdir("directory");
  show_name("removed", fd);
  close(fd);
  fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
  show_name("a process", fd);
  close(fd);
  fd = open("/dev/null", O_WRONLY);
  show_name("a device", fd);
  lstat(name_of(fd), &status);
  printf("for writing: %o\n", status.st_mode);
  close(fd);
  fd = open("/proc/self/fd", O_RDONLY);
  show_name("of /proc itself", fd);
  close(fd);
  fd = open("/proc/self/exe", O_PATH | O_NOFOLLOW);
  show_name("a link by O_PATH", fd);
  char target[100];
  SHOW(readlinkat(fd, "", target, sizeof target) > 0);
  lstat(name_of(fd), &status);
  printf("O_PATH: %o\n", status.st_mode);
  close(fd);
}

static void opened_again(void) {
  char byte = 0;
  int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
  SHOW(write(fd, "content", 7));
  int again = open(name_of(fd), O_RDONLY);
  SHOW(read(again, &byte, 1));
  printf("offset of its own: %c\n", byte);
  SHOW(write(again, "x", 1));
  close(again);
  again = open(name_of(fd), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  SHOW(lseek(fd, 0, SEEK_END));
  close(again);
  SHOW(open(name_of(fd), O_RDONLY | O_CREAT | O_EXCL, 0644));
  SHOW(open(name_of(fd), O_RDONLY | O_NOFOLLOW));
  SHOW(open(name_of(fd), O_RDONLY | O_DIRECTORY));
  unlink("file");
  again = open(name_of(fd), O_RDWR);
  printf("an unlinked file opens: %d\n", again >= 0);
  close(again);
  close(fd);
  SHOW(open(name_of(fd), O_RDONLY));
  // By way of /dev/fd.
  int ends[2];
  pipe(ends);
  snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
  fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  SHOW(write(fd, "y", 1));
  SHOW(read(ends[0], &byte, 1));
  close(fd);
  close(ends[0]);
  close(ends[1]);
  // A directory: on from there.
  mkdir("directory", 0755);
  fd = open("directory", O_RDONLY | O_DIRECTORY);
  char longer[128];
  snprintf(longer, sizeof longer, "%s/new", name_of(fd));
  again = open(longer, O_CREAT | O_WRONLY, 0600);
  printf("a file made by it: %d\n", again >= 0);
  close(again);
  SHOW(access("directory/new", F_OK));
  snprintf(longer, sizeof longer, "%s/../directory/new", name_of(fd));
  SHOW(unlink(longer));
  rmdir("directory");
  close(fd);
}

static void listing(void) {
  int fds[3];
  for (int i = 0; i < 3; i++) fds[i] = open("/dev/null", O_RDONLY | (i == 1 ? O_CLOEXEC : 0));
  close(fds[0]);
  DIR *directory = opendir("/proc/self/fd");
  struct dirent *entry;
  while ((entry = readdir(directory))) {
    printf("entry %s %d\n", entry->d_name, entry->d_type);
  }
  closedir(directory);
  close(open("file", O_RDWR | O_CREAT, 0644));
  int fd = open("file", O_RDWR | O_APPEND | O_CLOEXEC);
  write(fd, "12345", 5);
  char info[64], buffer[512];
  snprintf(info, sizeof info, "/proc/self/fdinfo/%d", fd);
  int about = open(info, O_RDONLY);
  ssize_t size = read(about, buffer, sizeof buffer - 1);
  buffer[size < 0 ? 0 : size] = 0;
  char *end = strstr(buffer, "mnt_id:");
  printf("%.*s", end ? (int)(end - buffer) : 0, buffer);
  struct stat status;
  fstat(fd, &status);
  char *inode = strstr(buffer, "ino:\t");
  printf("inode: %d\n", inode && strtoul(inode + 5, 0, 10) == status.st_ino);
  close(about);
  close(fd);
  unlink("file");
}

static char page_of_data[8192] = "x";

static void maps(void) {
  int fd = open("mapped", O_RDWR | O_CREAT, 0644);
  ftruncate(fd, 3 * 4096);
  char *private = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 4096);
  char *shared = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 8192);
  char *anonymous = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *common = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  struct stat status;
  fstat(fd, &status);
  close(fd);
  sbrk(8192);
  char *in_heap = (char *)sbrk(0) - 1;
  FILE *file = fopen("/proc/self/maps", "r");
  char *line = 0;
  size_t room = 0;
  unsigned long last = 0;
  int bad = 0;
  struct {
    const char *what;
    void *address;
  } wanted[] = {{"code", (void *)maps},           {"data", page_of_data},
                {"heap", in_heap},                {"stack", &file},       {"private file", private},
                {"shared file", shared},          {"anonymous", anonymous}, {"shared memory", common}};
  while (getline(&line, &room, file) > 0) {
    unsigned long start, end, offset, inode;
    unsigned major, minor;
    char mode[8];
    int at = 0;
    if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &start, &end, mode, &offset, &major, &minor,
               &inode, &at) != 7 ||
        start >= end || start < last || strlen(mode) != 4) {
      bad++;
      continue;
    }
    last = end;
    char *name = strrchr(line + at, '/') ? strrchr(line + at, '/') : line + at;
    if (*name != '\n' && line[72] != ' ') bad++;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
      if ((uintptr_t)wanted[i].address < start || (uintptr_t)wanted[i].address >= end) continue;
      int is_code = strstr(name, "proc_fd") != 0;
      printf("%s: %s %lx %s", wanted[i].what, mode, is_code ? 0 : offset, is_code ? "itself\n" : name);
      if (i == 4 || i == 5) printf("its inode: %d\n", inode == status.st_ino);
    }
  }
  printf("bad lines: %d\n", bad);
  fclose(file);
  free(line);
  unlink("mapped");
}

// What every Linux tells of each mapping, and of all.
static void sizes_of_maps(void) {
  char *touched = mmap(0, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(touched, 1, 3 * 4096);
  mprotect(touched, 16 * 4096, PROT_READ);
  FILE *file = fopen("/proc/self/smaps", "r");
  char line[512], name[64], flags[256] = "";
  unsigned long start = 0, end = 0, number;
  int mappings = 0, wrong = 0, here = 0;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "%lx-%lx", &start, &end) == 2) {
      mappings++;
      here = start <= (unsigned long)touched && end > (unsigned long)touched;
    } else if (sscanf(line, "%63[^:]: %lu kB", name, &number) == 2) {
      if (!strcmp(name, "Size")) wrong += number * 1024 != end - start;
      if (!strcmp(name, "Rss")) wrong += number * 1024 > end - start;
      if (here && (!strcmp(name, "Rss") || !strcmp(name, "Anonymous") || !strcmp(name, "Private_Dirty") ||
                   !strcmp(name, "Swap") || !strcmp(name, "Shared_Clean"))) {
        printf("%s: %lu\n", name, number);
      }
    } else if (here && sscanf(line, "VmFlags: %255[^\n]", flags) == 1) {
      printf("flags: %.2s, writable %d, shared %d\n", flags, strstr(flags, "wr") != 0, strstr(flags, "sh") != 0);
    }
  }
  fclose(file);
  printf("mappings %d, wrong %d\n", mappings > 3, wrong);
  file = fopen("/proc/self/smaps_rollup", "r");
  fgets(line, sizeof line, file);
  printf("%.19s%s", strchr(line, ' '), strchr(line, '['));
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "Rss: %lu kB", &number) == 1) printf("all: %d\n", number >= 12);
  }
  fclose(file);
  munmap(touched, 16 * 4096);
}

int main(int argc, char **argv) {
  if (argc < 2) return puts("executed by descriptor"), 0;
  setvbuf(stdout, 0, _IOFBF, 1 << 16);
  names();
  opened_again();
  listing();
  maps();
  sizes_of_maps();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    // musl's fexecve() uses execveat(), older C libraries this name.
    int fd = open(argv[1], O_RDONLY);
    execl(name_of(fd), "by descriptor", (char *)0);
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  printf("executed: %d\n", status);
  return 0;
}
