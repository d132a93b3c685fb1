/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 139
// expect-stderr: SIGSEGV
static int deeper(volatile int *above) {
  volatile int here[256];
  here[0] = *above + 1;
  return deeper(here) + here[0];
}
int main(void) {
  volatile int start = 0;
  return deeper(&start);
}
