/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Makes read-only data writable and changes it while a fork is under way: what the child leaves in its
   slot must not be taken for the program's own by whoever runs it next. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kPages = 48, kPage = 4096, kMappings = 8000, kDelay = 1000000 };

__attribute__((aligned(4096))) static const char constant[kPages * kPage] = {
    [0 ... kPages * kPage - 1] = 'R'};
static volatile int wanted, written, over;
static char stack[65536];

static int changed_pages(void) {
  const volatile char *bytes = constant;
  int count = 0;
  for (int i = 0; i < kPages; i++) count += bytes[i * kPage] != 'R';
  return count;
}

static int writer(void *unused) {
  (void)unused;
  for (int last = 0; !over;) {
    const int next = wanted;
    if (next == last) continue;
    last = next;
    for (volatile int i = 0; i < kDelay; i++) {
    }
    char *page = (char *)constant + (next - 1) * kPage;
    mprotect(page, kPage, PROT_READ | PROT_WRITE);
    *(volatile char *)page = 'X';
    written = next;
  }
  _exit(0);
}

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "check")) return changed_pages() == 0 ? 0 : 9;
  /* So many mappings that fork takes its time. */
  char *many = mmap(0, (size_t)kMappings * kPage, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (many == MAP_FAILED) return 1;
  for (int i = 0; i < kMappings; i += 2) mprotect(many + (size_t)i * kPage, kPage, PROT_READ);
  if (clone(writer, stack + sizeof stack, CLONE_VM | SIGCHLD, 0) < 0) return 2;
  for (int i = 1; i <= kPages; i++) {
    wanted = i;
    pid_t child = fork();
    if (child == 0) {
      munmap(many, (size_t)kMappings * kPage);
      _exit(0);
    }
    waitpid(child, 0, 0);
    while (written != i) {
    }
    int status = -1;
    pid_t victim = vfork();
    if (victim == 0) {
      execl("/proc/self/exe", arguments[0], "check", (char *)0);
      _exit(8);
    }
    waitpid(victim, &status, 0);
    if (status != 0) {
      printf("after %d forks: %#x\n", i, status);
      return 3;
    }
  }
  over = 1;
  while (wait(0) > 0) {
  }
  printf("constants stay\n");
  return 0;
}
