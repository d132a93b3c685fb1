// SPDX-License-Identifier: Apache-2.0
// Adds up a list, then one whose end is broken.
#include <stdio.h>
#include <unistd.h>

struct item {
  int value;
  struct item *next;
};

static int calls;

__attribute__((noinline)) static int add(int total, int value) {
  calls++;
  return total + value;
}

__attribute__((noinline)) static int sum(const struct item *item) {
  int total = 0;
  while (item) {
    total = add(total, item->value);
    item = item->next;
  }
  return total;
}

int main(int argc, char **argv) {
  struct item third = {30, NULL}, second = {20, &third}, first = {10, &second};
  printf("%s %d: sum %d\n", argv[0], argc, sum(&first));
  fflush(stdout);
  third.next = (struct item *)0x12345678;
  return sum(&first);
}
