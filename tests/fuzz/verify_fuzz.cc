// SPDX-License-Identifier: Apache-2.0
// Hostile code: the verifier must survive any bytes, decide the same with and without its memo, and
// what it accepts must have the structure that the runtime relies on.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "fuzz_target.h"
#include "support/check.h"
#include "verify/decoder.h"
#include "verify/sequence.h"
#include "verify/verifier.h"

namespace rawposix {
namespace {

using verify::Decoded;
using verify::Decoder;
using verify::Report;

constexpr uint32_t kAddress = 0x100000;
constexpr size_t kLargest = 1 << 16;

bool same(const verify::Violation& a, const verify::Violation& b) {
  return a.address == b.address && a.bytes == b.bytes && a.length == b.length && a.rule == b.rule;
}

void check_memo(std::span<const uint8_t> code, const Report& report) {
  Report anew = verify::verify({code, kAddress}, {.memo = verify::Memo::kOff});
  CHECK(report.violation_count == anew.violation_count);
  CHECK(std::ranges::equal(report.violations, anew.violations, same));
  CHECK(std::ranges::equal(report.safe_points.words(), anew.safe_points.words()));
}

void check_branch(const Decoded& decoded, uint64_t next, const Report& report) {
  for (const auto& operand : decoded.visible()) {
    if (operand.type != ZYDIS_OPERAND_TYPE_IMMEDIATE || !operand.imm.is_relative) continue;
    uint64_t target = next + static_cast<uint64_t>(operand.imm.value.s);
    CHECK(report.safe_points.contains(target));
  }
}

// Every instruction start is a safe point or an interior one whose place in a sequence is known,
// and nothing else is a safe point. No instruction, and no sequence, leaves its bundle.
void check_structure(std::span<const uint8_t> code, const Report& report) {
  Decoder decoder;
  uint32_t position = 0;
  uint64_t instructions = 0;
  while (position < code.size()) {
    std::array<uint8_t, verify::kWindow> window = {};
    std::copy_n(code.begin() + position, std::min(window.size(), code.size() - position),
                window.begin());
    Decoded decoded;
    CHECK(decoder.decode(window.data(), decoded) == verify::Rule::kNone);
    uint32_t next = position + decoded.instruction.length;
    CHECK(next <= code.size());
    CHECK(position / verify::kBundleSize == (next - 1) / verify::kBundleSize);
    for (uint32_t inner = position + 1; inner < next; inner++) {
      CHECK(!report.safe_points.contains(inner));
    }
    auto place = verify::locate(code, report.safe_points, position);
    CHECK(place.has_value() != report.safe_points.contains(position));
    if (place) {
      CHECK(place->start < position && report.safe_points.contains(place->start));
      CHECK(place->start / verify::kBundleSize == position / verify::kBundleSize);
      CHECK(place->end == 0 || place->end >= next);
    }
    check_branch(decoded, next, report);
    position = next;
    instructions++;
  }
  CHECK(instructions == report.instruction_count);
}

}  // namespace

std::vector<std::vector<uint8_t>> fuzz::seeds() {
  return {
      {0x41, 0x83, 0xe3, 0xe0, 0x4d, 0x03, 0x1e, 0x41, 0xff, 0xe3},  // Q1
      {0x83, 0xec, 0x18, 0x49, 0x03, 0x26, 0x48, 0x83, 0xe4, 0xf0},  // Q2; and $-16, %rsp
      {0x4d, 0x8b, 0x1e, 0x89, 0xec, 0x4a, 0x8d, 0x24, 0x1c},        // Q3
      {0x4d, 0x8b, 0x1e, 0x89, 0xff, 0x4a, 0x8d, 0x3c, 0x1f, 0x89, 0xf6,
       0x4a, 0x8d, 0x34, 0x1e, 0xf3, 0x48, 0xa5, 0x89, 0xff, 0x89, 0xf6},  // Q4
      {0x41, 0x89, 0xe3, 0x41, 0x53, 0x49, 0x8b, 0x46, 0x08},              // Q5; 8(%r14)
      {0x65, 0x67, 0x48, 0x8b, 0x44, 0x88, 0x10, 0x48, 0x8b, 0x44, 0x24, 0x08, 0x8b, 0x05, 0x00,
       0x10, 0x00, 0x00},  // M3, M1, M2
      {0x65, 0x67, 0x62, 0xf1, 0x7c, 0x48, 0x58, 0x48, 0x01, 0xc5, 0xf8, 0x77, 0xc4, 0xe2, 0x71,
       0xb9, 0xc2},  // EVEX, VEX
      {0xeb, 0x02, 0x66, 0x90, 0x0f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x41, 0xff, 0x66, 0x18},
  };
}

}  // namespace rawposix

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rawposix;
  std::span<const uint8_t> code(data, std::min(size, kLargest));
  Report report = verify::verify({code, kAddress});
  for (const verify::Violation& violation : report.violations) {
    CHECK(!verify::format(violation).empty());
  }
  if (code.empty()) return 0;
  check_memo(code, report);
  if (report.ok()) check_structure(code, report);
  for (uint32_t position = 0; position < code.size(); position++) {
    verify::locate(code, report.safe_points, position);
  }
  return 0;
}
