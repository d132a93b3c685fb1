/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* A tree so deep that whoever takes it down by recursion, as the host must when the cage ends, runs
   out of stack. */
#include <sys/stat.h>
#include <unistd.h>

enum { kDepth = 200000 };

int main(void) {
  if (chdir("/tmp") != 0) return 1;
  for (int i = 0; i < kDepth; i++) {
    if (mkdir("d", 0700) != 0 || chdir("d") != 0) return 2;
  }
  return 0;
}
