// SPDX-License-Identifier: Apache-2.0
#include "candidates.h"

#include <algorithm>
#include <random>
#include <set>
#include <span>

#include "verify/decoder.h"
#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

class Sampler {
 public:
  explicit Sampler(const std::function<void(const Bundle&)>& visit) : visit_(visit) {}

  void legacy(unsigned map, unsigned opcode) {
    start();
    constexpr uint8_t kPrefixes[] = {0x66, 0xf2, 0xf3, 0xf0, 0x64, 0x2e, 0x67, 0x65};
    bool guard = one_in(2);
    if (guard && one_in(2)) put({0x67, 0x65});
    if (guard && size_ == 0) put({0x65, 0x67});
    while (one_in(3)) put({kPrefixes[random_() % 8]});
    if (one_in(2)) put({static_cast<uint8_t>(0x40 | (random_() & 15))});
    if (map > 0) put({0x0f});
    if (map > 1) put({static_cast<uint8_t>(map == 2 ? 0x38 : 0x3a)});
    put({static_cast<uint8_t>(opcode)});
    finish();
  }

  void vex(unsigned map, unsigned opcode) {
    start();
    guard();
    uint8_t fields = static_cast<uint8_t>(random_());
    if (one_in(2)) fields |= 0x78;  // vvvv unused
    if (map == 1 && one_in(2)) {
      put({0xc5, fields});
    } else {
      uint8_t inverted = one_in(2) ? uint8_t{0xe0} : static_cast<uint8_t>(random_() & 0xe0);
      put({0xc4, static_cast<uint8_t>(inverted | map), fields});
    }
    put({static_cast<uint8_t>(opcode)});
    finish();
  }

  void evex(unsigned map, unsigned opcode) {
    start();
    guard();
    uint8_t p0 = static_cast<uint8_t>((random_() & 0xf0) | map);
    uint8_t p1 = static_cast<uint8_t>(random_() | (one_in(20) ? 0 : 4));
    uint8_t p2 = static_cast<uint8_t>(random_());
    if (one_in(2)) p0 |= 0xf0;
    if (one_in(2)) p1 |= 0x78;
    if (one_in(2)) p2 = static_cast<uint8_t>((p2 & 0x67) | 8);  // V' neutral, no z, no b
    put({0x62, p0, p1, p2, static_cast<uint8_t>(opcode)});
    finish();
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  void start() { size_ = 0; }
  void put(std::initializer_list<uint8_t> bytes) {
    for (uint8_t byte : bytes) bundle_[size_++] = byte;
  }
  void guard() {
    if (one_in(2)) put({0x65, 0x67});
  }

  // ModRM, SIB, and values that conditions look at.
  void finish() {
    if (one_in(3)) put({static_cast<uint8_t>(0xc0 | (random_() & 0x3f))});
    constexpr uint8_t kTails[] = {0, 8, 16, 0xff, 0x7f, 0x24, 0x18};
    uint8_t modrm =
        static_cast<uint8_t>(random_() & 0x3f) | static_cast<uint8_t>(random_() % 4 << 6);
    if (one_in(2)) modrm = static_cast<uint8_t>((modrm & ~7) | 4);
    put({modrm, static_cast<uint8_t>(one_in(2) ? 0x24 : random_() & 0xff)});
    uint8_t fill = one_in(4) ? static_cast<uint8_t>(random_()) : kTails[random_() % 7];
    put({fill});
    std::fill(bundle_.begin() + size_, bundle_.end(),
              one_in(4) ? static_cast<uint8_t>(random_()) : uint8_t{0});
    visit_(bundle_);
  }

  const std::function<void(const Bundle&)>& visit_;
  std::mt19937 random_{20240229};
  Bundle bundle_ = {};
  size_t size_ = 0;
};

}  // namespace

void for_each_candidate(unsigned rounds, const std::function<void(const Bundle&)>& visit) {
  Sampler sampler(visit);
  for (unsigned round = 0; round < rounds; round++) {
    for (unsigned opcode = 0; opcode < 256; opcode++) {
      for (unsigned map : {0u, 1u, 2u, 3u}) sampler.legacy(map, opcode);
      for (unsigned map : {1u, 2u, 3u}) sampler.vex(map, opcode);
      for (unsigned map : {1u, 2u, 3u, 5u, 6u}) sampler.evex(map, opcode);
    }
  }
}

std::vector<Accepted> accepted_candidates(unsigned rounds) {
  Decoder decoder;
  std::vector<Accepted> accepted;
  std::set<std::vector<uint8_t>> seen;
  for_each_candidate(rounds, [&](const Bundle& candidate) {
    uint8_t length = decoder.length(candidate);
    if (length == 0) return;
    Accepted item = {candidate, length};
    std::fill(item.bundle.begin() + length, item.bundle.end(), uint8_t{0xcc});
    if (!verify({item.bundle, kCandidateAddress}).ok()) return;
    if (seen.insert(item.bytes()).second) accepted.push_back(item);
  });
  return accepted;
}

}  // namespace rawposix::verify
