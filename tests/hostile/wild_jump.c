/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 139
// expect-stderr: SIGSEGV
/* Calls into its own data and then into nowhere. */
static unsigned char code[64] __attribute__((aligned(32))) = {0x0f, 0x05, 0xc3}; /* syscall; ret */
int main(void) {
  void (*volatile target)(void) = (void (*)(void))code;
  target();
  return 0;
}
