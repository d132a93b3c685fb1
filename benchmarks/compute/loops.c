/* SPDX-License-Identifier: Apache-2.0 */
/* The three kinds of work of an embedded-core benchmark: linked-list find and sort, small integer
   matrices, a state machine over text; each checked by a CRC. */
#include <stdint.h>
#include <stdio.h>

static uint16_t crc16(uint16_t crc, uint16_t data) {
  for (int bit = 0; bit < 16; bit++) {
    unsigned feed = (crc ^ data) & 1;
    crc >>= 1;
    data >>= 1;
    if (feed) crc ^= 0xa001;
  }
  return crc;
}

struct node {
  struct node *next;
  int16_t key, value;
};

static struct node *merge(struct node *a, struct node *b) {
  struct node head, *tail = &head;
  while (a && b) {
    struct node **least = a->key <= b->key ? &a : &b;
    tail = tail->next = *least;
    *least = (*least)->next;
  }
  tail->next = a ? a : b;
  return head.next;
}

static struct node *sort(struct node *list) {
  if (!list || !list->next) return list;
  struct node *slow = list, *fast = list->next;
  while (fast && fast->next) {
    slow = slow->next;
    fast = fast->next->next;
  }
  struct node *second = slow->next;
  slow->next = 0;
  return merge(sort(list), sort(second));
}

static uint16_t lists(uint16_t crc, unsigned round) {
  static struct node nodes[256];
  for (int i = 0; i < 256; i++)
    nodes[i] = (struct node){i < 255 ? &nodes[i + 1] : 0, (int16_t)((i * 7919 + round * 31) & 0x7ff),
                             (int16_t)i};
  struct node *list = sort(nodes);
  for (struct node *at = list; at; at = at->next)
    if (at->key & 4) crc = crc16(crc, (uint16_t)at->value);
  return crc;
}

static uint16_t matrices(uint16_t crc, unsigned round) {
  static int16_t a[24][24], b[24][24];
  static int32_t c[24][24];
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < 24; j++) {
      a[i][j] = (int16_t)(i * j + (int)round);
      b[i][j] = (int16_t)(i - j);
    }
  for (int i = 0; i < 24; i++)
    for (int j = 0; j < 24; j++) {
      int32_t sum = 0;
      for (int k = 0; k < 24; k++) sum += a[i][k] * b[k][j];
      c[i][j] = sum;
    }
  return crc16(crc, (uint16_t)(c[round % 24][(round / 24) % 24]));
}

enum state { START, SIGN, DIGITS, POINT, FRACTION, EXPONENT, BAD, STATES };

static uint16_t machine(uint16_t crc, unsigned round) {
  static const char text[] = "12.5,-3,+7.25,1e5,abc,.5,12x,99999,0.001e3,,-,5.";
  unsigned counts[STATES] = {0};
  enum state state = START;
  for (unsigned i = 0; i < sizeof text - 1; i++) {
    char c = text[(i + round) % (sizeof text - 1)];
    switch (state) {
      case START:
        state = c == '+' || c == '-' ? SIGN : c >= '0' && c <= '9' ? DIGITS : c == '.' ? POINT : BAD;
        break;
      case SIGN:
      case DIGITS:
        state = c >= '0' && c <= '9' ? DIGITS : c == '.' ? POINT : c == 'e' ? EXPONENT : BAD;
        break;
      case POINT:
      case FRACTION:
        state = c >= '0' && c <= '9' ? FRACTION : c == 'e' ? EXPONENT : BAD;
        break;
      case EXPONENT:
        state = c >= '0' && c <= '9' ? EXPONENT : BAD;
        break;
      default:
        break;
    }
    if (c == ',') state = START;
    counts[state]++;
  }
  for (int i = 0; i < STATES; i++) crc = crc16(crc, (uint16_t)counts[i]);
  return crc;
}

int main(void) {
  uint16_t crc = 0;
  for (unsigned round = 0; round < 60000; round++) {
    crc = lists(crc, round);
    crc = matrices(crc, round);
    crc = machine(crc, round);
  }
  printf("%04x\n", crc);
  return 0;
}
