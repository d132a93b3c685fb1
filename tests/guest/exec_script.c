/* SPDX-License-Identifier: Apache-2.0 */
// executes: itself
/* Scripts and programs given by descriptors: what the interpreter and the program are told. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "test.h"

extern char **environ;
static char *arguments_of_all[] = {"zero", "one", 0};

static void show(int count, char **arguments) {
  for (int i = 0; i < count; i++) printf("  %d: %s\n", i, arguments[i]);
  printf("  AT_EXECFN %s\n", (const char *)getauxval(AT_EXECFN));
  char name[64] = "";
  int file = open("/proc/self/comm", O_RDONLY);
  if (read(file, name, sizeof name - 1) > 0) printf("  comm %s", name);
}

static void put(const char *name, const char *content, size_t size) {
  int file = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0700);
  if (write(file, content, size) < 0) perror(name);
  close(file);
}

static void put_text(const char *name, const char *text) { put(name, text, strlen(text)); }

static void run_at(int directory, const char *path, int flags) {
  printf("%s%s\n", path, directory == AT_FDCWD ? "" : " by descriptor");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    syscall(SYS_execveat, directory, path, arguments_of_all, environ, flags);
    printf("  %s\n", errno_name(errno));
    fflush(stdout);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status) printf("  status %#x\n", status);
}

static void run(const char *path) { run_at(AT_FDCWD, path, 0); }

/* Where "#!" lines end. */
static void lines(void) {
  put_text("plain", "#!./interpreter\n");
  run("./plain");
  put_text("blanks", "#! \t./interpreter\t one  two \t \nmore");
  run("./blanks");
  put_text("no_newline", "#!./interpreter one");
  run("./no_newline");
  put("nul", "#!./interpreter one\0two\n", 24);
  run("./nul");
  put_text("blank", "#! \t \n");
  run("./blank");
  put_text("only", "#!");
  run("./only");
  put_text("text", "text\n");
  run("./text");
  for (size_t size = 253; size < 259; size++) {
    char line[300] = "#!./interpreter ";
    memset(line + strlen(line), 'y', sizeof line - strlen(line));
    line[size - 1] = '\n';
    char name[16];
    snprintf(name, sizeof name, "line%zu", size);
    put(name, line, sizeof line);
    run(name);
    /* The interpreter's own name comes near the end. */
    memset(line, '/', sizeof line);
    memcpy(line, "#!.", 3);
    memcpy(line + size - 12, "interpreter\n", 12);
    snprintf(name, sizeof name, "name%zu", size);
    put(name, line, size);
    run(name);
  }
  put_text("nested1", "#!./plain\n");
  put_text("nested2", "#!./nested1 x\n");
  run("./nested2");
}

static void by_descriptor(void) {
  int file = open("plain", O_RDONLY);
  run_at(file, "", AT_EMPTY_PATH);
  fcntl(file, F_SETFD, FD_CLOEXEC);
  run_at(file, "", AT_EMPTY_PATH);
  int program = open("interpreter", O_RDONLY | O_CLOEXEC);
  run_at(program, "", AT_EMPTY_PATH);
  run_at(program, "", 0);
  mkdir("directory", 0700);
  put_text("directory/script", "#!./interpreter\n");
  link("interpreter", "directory/program");
  int directory = open("directory", O_DIRECTORY | O_RDONLY);
  run_at(directory, "script", 0);
  run_at(directory, "program", 0);
  run_at(directory, "/nowhere", 0);
  run_at(99, "program", 0);
}

/* So that its name is the same everywhere. */
static int copy_self(const char *self) {
  int from = open(self, O_RDONLY);
  int to = open("interpreter", O_CREAT | O_WRONLY, 0700);
  static char buffer[65536];
  ssize_t size;
  while ((size = read(from, buffer, sizeof buffer)) > 0)
    if (write(to, buffer, (size_t)size) != size) return 1;
  close(to);
  return close(from);
}

int main(int count, char **arguments) {
  if (getenv("CHILD")) {
    show(count, arguments);
    return 0;
  }
  setenv("CHILD", "yes", 1);
  if (copy_self(arguments[1])) return 1;
  lines();
  by_descriptor();
  unlink("interpreter");
  unlink("directory/program");
  return 0;
}
