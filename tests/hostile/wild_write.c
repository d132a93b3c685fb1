/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 139
// expect-stderr: SIGSEGV
/* Overwrites all it can reach above its stack, up to the slot's end and beyond. */
int main(void) {
  volatile char here;
  for (volatile char *at = &here;; at += 64) *at = 1;
}
