/* SPDX-License-Identifier: Apache-2.0 */
/* String code: building, searching, comparing, hashing, formatting; mostly the C library. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 4096, BUCKETS = 1024 };

static uint32_t hash(const char *s) {
  uint32_t h = 2166136261u;
  while (*s) h = (h ^ (unsigned char)*s++) * 16777619u;
  return h;
}

int main(void) {
  static char words[WORDS][24];
  static int next[WORDS], heads[BUCKETS];
  uint32_t seed = 1, total = 0;
  for (int i = 0; i < WORDS; i++) {
    seed = seed * 1103515245u + 12345u;
    snprintf(words[i], sizeof words[i], "%x-%s-%u", seed >> 12, seed & 0x10000 ? "alpha" : "beta",
             seed % 977);
  }
  for (int round = 0; round < 1800; round++) {
    memset(heads, -1, sizeof heads);
    for (int i = 0; i < WORDS; i++) {
      uint32_t at = hash(words[i]) % BUCKETS;
      next[i] = heads[at];
      heads[at] = i;
    }
    for (int i = 0; i < WORDS; i++) {
      const char *wanted = words[(i * 31 + round) % WORDS];
      for (int j = heads[hash(wanted) % BUCKETS]; j >= 0; j = next[j])
        if (strcmp(words[j], wanted) == 0) total += (uint32_t)strlen(wanted);
      if (strstr(wanted, "pha-9")) total++;
    }
  }
  char *text = malloc(WORDS * 24 + 1);
  if (!text) return 1;
  for (int round = 0; round < 1200; round++) {
    char *end = text;
    for (int i = 0; i < WORDS; i++) {
      size_t n = strlen(words[i]);
      memcpy(end, words[i], n);
      end += n;
    }
    *end = 0;
    for (char *p = text; (p = strchr(p, '-')); p++) total++;
    total += memcmp(text, words[round % WORDS], 4) > 0;
  }
  printf("%u\n", total);
  free(text);
  return 0;
}
