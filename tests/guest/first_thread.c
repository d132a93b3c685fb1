// SPDX-License-Identifier: Apache-2.0
// executes: itself
// expect-exit: 9
// The first thread ends before the others, of which one executes a program.
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void* other(void* path) {
  usleep(50000);
  puts("the other thread goes on");
  fflush(stdout);
  execl(path, "second", "program", (char*)0);
  perror("execl");
  _exit(1);
}

int main(int count, char** arguments) {
  if (count > 1 && strcmp(arguments[1], "program") == 0) {
    usleep(50000);
    printf("%s: first thread: %s\n", arguments[0], gettid() == getpid() ? "yes" : "no");
    return 9;
  }
  pthread_t thread;
  static char path[4096];
  snprintf(path, sizeof path, "%s", count > 1 ? arguments[1] : arguments[0]);
  pthread_create(&thread, NULL, other, path);
  pthread_exit(NULL);
}
