/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 133
// expect-stderr: SIGTRAP
int main(void) {
  __asm__ volatile("int3");
  return 0;
}
