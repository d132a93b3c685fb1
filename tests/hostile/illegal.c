/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 132
// expect-stderr: SIGILL
int main(void) { __builtin_trap(); }
