/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 139
// expect-stderr: SIGSEGV
/* Reads through every pattern of pointer it can make; the last is unmapped. */
int main(void) {
  volatile unsigned long sum = 0;
  for (unsigned long address = 0x7fff00000000; address < 0x7fff00010000; address += 4096) {
    /* The upper half is cut off: these are reads of the cage's own first 64 KiB, unmapped. */
    sum += *(volatile unsigned char *)address;
  }
  return (int)sum;
}
