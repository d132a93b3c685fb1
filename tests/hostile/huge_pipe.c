/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Pipes larger than an unprivileged process may have them: as root the host would give them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  int ends[2];
  if (pipe(ends)) return 2;
  int sizes[] = {(1 << 20) + 1, 1 << 24, 1 << 30, 0x7fffffff};
  for (int i = 0; i < 4; i++) {
    if (fcntl(ends[1], F_SETPIPE_SZ, sizes[i]) != -1 || errno != EPERM) {
      printf("%d bytes: errno %d\n", sizes[i], errno);
      return 1;
    }
  }
  return fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) == 1 << 20 ? 0 : 3;
}
