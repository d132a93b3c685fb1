/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Names in /dev/fd of descriptors that were opened by such names themselves, again and again: an
   endless chain, if each holds the one before. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  int fd = open("/dev/null", O_PATH);
  char name[32];
  for (int i = 0; i < 100000; i++) {
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    int next = open(name, O_PATH);
    if (next < 0) return 1;
    close(fd);
    fd = next;
  }
  return 0;
}
