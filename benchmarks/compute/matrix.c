/* SPDX-License-Identifier: Apache-2.0 */
/* Floating point over memory: matrix product and a five-point stencil. */
#include <stdio.h>
#include <stdlib.h>

enum { N = 512, ROUNDS = 800 };

int main(void) {
  double *a = malloc(sizeof(double) * N * N), *b = malloc(sizeof(double) * N * N),
         *c = calloc(N * N, sizeof(double));
  if (!a || !b || !c) return 1;
  for (int i = 0; i < N * N; i++) {
    a[i] = (i % 97) * 0.25;
    b[i] = (i % 89) * 0.5;
  }
  for (int repeat = 0; repeat < 12; repeat++)
    for (int i = 0; i < N; i++)
      for (int k = 0; k < N; k++) {
        double x = a[i * N + k];
        for (int j = 0; j < N; j++) c[i * N + j] += x * b[k * N + j];
      }
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        a[i * N + j] = 0.2 * (c[i * N + j] + c[(i - 1) * N + j] + c[(i + 1) * N + j] +
                              c[i * N + j - 1] + c[i * N + j + 1]);
    double *t = a;
    a = c;
    c = t;
  }
  double sum = 0;
  for (int i = 0; i < N * N; i++) sum += c[i];
  printf("%.6e\n", sum);
  return 0;
}
