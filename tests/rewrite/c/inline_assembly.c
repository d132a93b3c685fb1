// SPDX-License-Identifier: Apache-2.0
// What programs write in asm statements.
#include <stddef.h>
#include <stdint.h>

long raw_syscall(long n, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

int locked_increment(int* p) {
  int one = 1;
  __asm__ volatile("lock; xaddl %0, %1" : "+r"(one), "+m"(*p) : : "memory");
  return one;
}

int compare_and_swap(volatile int* p, int old, int value) {
  __asm__ volatile("lock ; cmpxchg %3, %1" : "=a"(old), "=m"(*p) : "a"(old), "r"(value) : "memory");
  return old;
}

void copy(void* to, const void* from, size_t size) {
  __asm__ volatile("cld; rep; movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

size_t find(const char* text, char c, size_t size) {
  size_t left = size;
  __asm__ volatile("repne scasb" : "+D"(text), "+c"(left) : "a"(c) : "memory", "cc");
  return size - left;
}

void pause_twice(void) {
  __asm__ volatile("rep; nop\n\tpause" ::: "memory");
}

int loops(int n) {
  int total = 0;
  __asm__ volatile(
      "1:\taddl $3, %0\n"
      "\tsubl $1, %1\n"
      "\tjnz 1b\n"
      "\tjmp 2f\n"
      "\tnop # a comment; not a statement\n"
      "2:\n"
      : "+r"(total), "+r"(n)
      :
      : "cc");
  return total;
}

uint64_t timestamp(void) {
  uint32_t low;
  uint32_t high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}

int has_bit(const unsigned long* set, long bit) {
  unsigned char found;
  __asm__("btq %2, %1; setc %0" : "=qm"(found) : "m"(*set), "r"(bit) : "cc");
  return found;
}

void* stack_pointer(void) {
  void* value;
  __asm__("mov %%rsp, %0" : "=r"(value));
  return value;
}

unsigned short control_word(void) {
  unsigned short word;
  unsigned status;
  __asm__("fnstcw %0; stmxcsr %1" : "=m"(word), "=m"(status));
  return word + (unsigned short)status;
}

int decide(int x) {
  __asm__ goto("testl %0, %0; jz %l1" : : "r"(x) : "cc" : zero);
  return 1;
zero:
  return 0;
}

void read_cpu(unsigned* out) {
  __asm__ volatile(
      ".ifdef never_defined\n\tbogus\n\t.else\n\tcpuid\n\t.endif\n\t"
      ".pushsection .rodata\n\t.quad 661f\n\t.popsection\n661:\tmovl %%eax, (%0)"
      :
      : "r"(out)
      : "rax", "rbx", "rcx", "rdx", "memory");
}
