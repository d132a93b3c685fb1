// SPDX-License-Identifier: Apache-2.0
// NAME_fuzz_short ROUNDS [FIRST]
// Runs a fuzz target on its seeds and on ROUNDS mutations of them. Round N is the same in every
// run: after a failure, `NAME_fuzz_short 1 N` repeats it.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "fuzz_target.h"

namespace {

using Bytes = std::vector<uint8_t>;
using Random = std::mt19937_64;

volatile unsigned long g_round = 0;

void on_abort(int) {
  std::fprintf(stderr, "fuzz: failed in round %lu\n", g_round);
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
}

size_t pick(Random& random, size_t bound) { return bound == 0 ? 0 : random() % bound; }

// Mostly near the start, where formats keep their headers.
size_t position(Random& random, size_t size) {
  return pick(random, pick(random, 4) == 0 ? size : std::min<size_t>(size, 512));
}

uint64_t interesting(Random& random) {
  constexpr uint64_t kValues[] = {0,           1,          7,          8,
                                  0x1000,      0xFFF,      0x10000,    0xFFFF,
                                  0x100000,    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
                                  0x100000000, UINT64_MAX, INT64_MAX,  uint64_t{1} << 63};
  return kValues[pick(random, std::size(kValues))] + pick(random, 3) - 1;
}

void mutate(Random& random, Bytes& bytes) {
  size_t at = position(random, bytes.size());
  switch (pick(random, 7)) {
    case 0:
      if (!bytes.empty()) bytes[at] ^= static_cast<uint8_t>(1U << pick(random, 8));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = static_cast<uint8_t>(random());
      break;
    case 2: {
      uint64_t value = interesting(random);
      size_t width = size_t{1} << pick(random, 4);
      at &= ~(width - 1);
      if (at + width <= bytes.size()) memcpy(bytes.data() + at, &value, width);
      break;
    }
    case 3:
      bytes.resize(pick(random, bytes.size() + 1));
      break;
    case 4: {
      size_t from = position(random, bytes.size());
      size_t size = std::min(pick(random, 64), bytes.size() - std::max(at, from));
      if (size != 0) memmove(bytes.data() + at, bytes.data() + from, size);
      break;
    }
    case 5:
      bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), pick(random, 9), uint8_t{0});
      break;
    default: {
      // Adjusts a little-endian number by little.
      at &= ~size_t{7};
      if (at + 8 > bytes.size()) break;
      uint64_t value;
      memcpy(&value, bytes.data() + at, 8);
      value += pick(random, 65) - 32;
      memcpy(bytes.data() + at, &value, 8);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  unsigned long rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1000;
  unsigned long first = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  std::signal(SIGABRT, on_abort);
  const std::vector<Bytes> seeds = rawposix::fuzz::seeds();
  for (const Bytes& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());
  for (unsigned long round = first; round < first + rounds; ++round) {
    g_round = round;
    Random random(round);
    Bytes bytes = seeds[pick(random, seeds.size())];
    for (size_t count = 1 + pick(random, 6); count > 0; --count) mutate(random, bytes);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu seeds and %lu mutations\n", seeds.size(), rounds);
  return 0;
}
