// SPDX-License-Identifier: Apache-2.0
// A terminal under its own name.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  const char *name = ttyname(0);
  if (name == NULL) {
    printf("no name: %s\n", strerror(errno));
    return 1;
  }
  printf("named %d, of output the same %d\n", strncmp(name, "/dev/pts/", 9) == 0,
         strcmp(name, ttyname(1)) == 0);
  struct stat by_name, by_file;
  printf("stat %d %d\n", stat(name, &by_name), fstat(0, &by_file));
  printf("the same %d, a device %d\n", by_name.st_ino == by_file.st_ino, S_ISCHR(by_name.st_mode));
  int again = open(name, O_RDWR | O_NOCTTY);
  printf("opened %d, a terminal %d\n", again >= 0, isatty(again));
  if (write(again, "written\n", 8) != 8) return 1;
  printf("access %d\n", access(name, R_OK | W_OK));
  int listed = 0;
  DIR *directory = opendir("/dev/pts");
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    listed += strcmp(entry->d_name, name + 9) == 0;
  }
  printf("listed %d\n", listed);
  return 0;
}
