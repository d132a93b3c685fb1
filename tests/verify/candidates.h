// SPDX-License-Identifier: Apache-2.0
// Instructions to try the verifier on: every opcode of every map, with sampled prefixes, REX, VEX
// and EVEX fields, ModRM, SIB, displacements and immediates. The same in every run.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace rawposix::verify {

inline constexpr uint32_t kCandidateAddress = 0x100000;
inline constexpr size_t kCandidateBundle = 32;

using Bundle = std::array<uint8_t, kCandidateBundle>;

// An instruction that the verifier accepts by itself, followed by int3.
struct Accepted {
  Bundle bundle;
  uint8_t length;
  std::vector<uint8_t> bytes() const { return {bundle.begin(), bundle.begin() + length}; }
};

// Calls `visit` with each candidate, `rounds` times per opcode.
void for_each_candidate(unsigned rounds, const std::function<void(const Bundle&)>& visit);

// The candidates that the verifier accepts, each once.
std::vector<Accepted> accepted_candidates(unsigned rounds);

}  // namespace rawposix::verify
