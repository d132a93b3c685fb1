/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* argv[1] is a file of the host that was not given; its directory tree must not be there by any
   path. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int bad;
static void try(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return;
  char text[64];
  ssize_t n = read(fd, text, sizeof text);
  printf("%s opens\n", path);
  if (n > 0) fwrite(text, 1, (size_t)n, stdout);
  bad = 1;
  close(fd);
}

int main(int argc, char **argv) {
  char path[8192];
  if (argc < 2) return 2;
  try(argv[1]);
  snprintf(path, sizeof path, "/work/../../../../../../../..%s", argv[1]);
  try(path);
  try("../secret");
  try("/work/../secret");
  symlink("../secret", "/work/link");
  symlink(argv[1], "/work/absolute");
  symlink("..", "/work/up");
  try("/work/link");
  try("/work/absolute");
  try("/work/up/secret");
  int here = open("/work", O_RDONLY | O_DIRECTORY);
  int above = openat(here, "..", O_RDONLY | O_DIRECTORY);
  if (above >= 0 && openat(above, "secret", O_RDONLY) >= 0) {
    puts("secret by descriptor");
    bad = 1;
  }
  if (fchdir(here) == 0 && chdir("..") == 0) try("secret");
  return bad;
}
