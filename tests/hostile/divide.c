/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 136
// expect-stderr: SIGFPE
int main(void) {
  volatile int zero = 0;
  return 100 / zero;
}
