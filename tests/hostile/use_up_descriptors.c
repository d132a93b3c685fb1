/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Opens until it can't, again and again; the host keeps its own descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void) {
  struct rlimit limit = {256, 256};
  setrlimit(RLIMIT_NOFILE, &limit);
  for (int round = 0; round < 20; round++) {
    int count = 0;
    while (open("/dev/null", O_RDONLY) >= 0) count++;
    if (errno != EMFILE || count != 253) {
      printf("round %d: %d opened, errno %d\n", round, count, errno);
      return 1;
    }
    for (int fd = 3; fd < 256; fd++) close(fd);
  }
  return 0;
}
