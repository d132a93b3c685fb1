// SPDX-License-Identifier: Apache-2.0
// executes: itself
// kernel: 6.14
// A program in a file without a name is called as that was (before, by its descriptor's number).
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

int main(int count, char **arguments) {
  if (count > 2) {
    char name[17] = "";
    prctl(PR_GET_NAME, name);
    printf("%s: %s\n", arguments[2], name);
    return 0;
  }
  const int own = open(arguments[1], O_RDONLY);
  struct stat status;
  fstat(own, &status);
  const int file = memfd_create("mymem", MFD_CLOEXEC);
  while (sendfile(file, own, 0, (size_t)status.st_size) > 0) continue;
  char *const all[] = {arguments[0], arguments[1], "name", 0};
  fexecve(file, all, (char *const[]){0});
  perror("fexecve");
  return 1;
}
