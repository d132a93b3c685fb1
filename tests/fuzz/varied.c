// SPDX-License-Identifier: Apache-2.0
// A program for mutated_images to change: little code, most of it executed, of many kinds.
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local unsigned calls;
static jmp_buf escape;

static int compare(const void* a, const void* b) {
  calls++;
  int x = *(const int*)a, y = *(const int*)b;
  return x < y ? -1 : x > y;
}

static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint32_t crc(const unsigned char* data, size_t size) {
  uint32_t value = ~0U;
  for (size_t i = 0; i < size; i++) {
    value ^= data[i];
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xEDB88320U : 0);
  }
  return ~value;
}

static long evaluate(const char* program) {
  static const void* const kOps[] = {&&push, &&add, &&multiply, &&halt};
  long stack[16] = {0};
  int top = 0;
#define NEXT goto* kOps[*program++ - '0']
  NEXT;
push:
  stack[top++] = *program++ - '0';
  NEXT;
add:
  top--;
  stack[top - 1] += stack[top];
  NEXT;
multiply:
  top--;
  stack[top - 1] *= stack[top];
  NEXT;
halt:
  return stack[0];
}

static int classify(int c) {
  switch (c) {
    case 'a': return 3;
    case 'b': return 1;
    case 'c': return 4;
    case 'd': return 1;
    case 'e': return 5;
    case 'f': return 9;
    case 'g': return 2;
    case 'h': return 6;
    default: return isupper(c) ? 7 : 0;
  }
}

static void unwind(int depth) {
  char local[64];
  memset(local, depth, sizeof local);
  if (depth == 0) longjmp(escape, local[3] + 1);
  unwind(depth - 1);
}

int main(void) {
  int numbers[64];
  float floats[64], sum = 0;
  for (int i = 0; i < 64; i++) numbers[i] = (i * 37 + 11) % 101;
  qsort(numbers, 64, sizeof numbers[0], compare);
  for (int i = 0; i < 64; i++) floats[i] = (float)numbers[i] * 0.5f;
  for (int i = 0; i < 64; i++) sum += floats[i];

  char* text = malloc(256);
  size_t size = 0;
  for (int c; (c = getchar()) != EOF;) text[size++] = (char)toupper(c);
  text[size] = 0;
  int classes = 0;
  for (const char* at = "abcdefghXY"; *at; at++) classes = classes * 3 + classify(*at);
  char copy[256];
  memmove(copy, text, size + 1);
  int jumped = setjmp(escape);
  if (jumped == 0) unwind(5);
  printf("%u %u %08x %ld %d %d %.3f %.6f %Lf %s", fib(12), calls, crc((unsigned char*)copy, size),
         evaluate("0304120523"), classes, jumped, (double)sum, sqrt(sum), (long double)sum / 3, copy);
  free(text);
  return 0;
}
