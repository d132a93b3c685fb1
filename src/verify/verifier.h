// SPDX-License-Identifier: Apache-2.0
// The verifier: decides whether machine code keeps to docs/sfi.md sections 2 to 4. TRUSTED: what it
// accepts runs in the host's address space. It knows nothing of cages, files or images.
//
// The outcome depends on the bytes and the offset of the region alone. Nothing here keeps state
// between calls; any number of threads may verify at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "verify/rule.h"
#include "verify/safe_points.h"

namespace rawposix::verify {

inline constexpr uint32_t kBundleSize = 32;
inline constexpr uint32_t kPageSize = 4096;

// Guest addresses that code and d(%rip) operands may name.
inline constexpr uint64_t kLowestAddress = 64 * 1024;
inline constexpr uint64_t kHighestAddress = (uint64_t{1} << 32) - 128 * 1024;  // exclusive

// The whole of an executable segment, its padding included.
struct CodeRegion {
  std::span<const uint8_t> bytes;
  uint32_t address = 0;  // offset in the slot, page-aligned
};

struct Violation {
  uint32_t address = 0;  // offset in the slot
  std::array<uint8_t, 15> bytes = {};
  uint8_t length = 0;  // of the instruction, or what is known of it
  Rule rule = Rule::kNone;
};

// Decisions about instructions of equal shape are remembered within one call. kOff decides each
// anew: slow, for tests of the memo itself.
enum class Memo : uint8_t { kOn, kOff };

// The scan gives up after so many violations: hostile code must not cost more than good code does.
inline constexpr uint64_t kMostViolations = 10000;

struct Options {
  size_t max_violations = 16;
  Memo memo = Memo::kOn;
};

struct Report {
  std::vector<Violation> violations;  // the first max_violations, by address within each pass
  uint64_t violation_count = 0;       // all, up to kMostViolations
  uint64_t instruction_count = 0;
  SafePoints safe_points;  // meaningful only if ok()

  bool ok() const { return violation_count == 0; }
};

Report verify(CodeRegion region, const Options& options = {});

// One line: offset, bytes, instruction, rule and its explanation.
std::string format(const Violation& violation);

}  // namespace rawposix::verify
