// SPDX-License-Identifier: Apache-2.0
#include "verify/verifier.h"

#include <algorithm>
#include <cstring>

#include "verify/decoder.h"
#include "verify/header.h"
#include "verify/judge.h"
#include "verify/memo.h"
#include "verify/sequence.h"

namespace rawposix::verify {
namespace {

struct Instruction {
  Rule rule = Rule::kNone;
  uint8_t length = 0;  // 0 if not known
  uint16_t traits = 0;
  int32_t displacement = 0;
  int32_t immediate = 0;  // where it matters: sign-extended, of 1 or 4 bytes
  uint32_t target = 0;    // of a relative branch, counted from the region's first byte
};

constexpr uint8_t kInt3 = 0xcc;

int32_t read_signed(const uint8_t* bytes, unsigned size) {
  if (size == 1) return static_cast<int8_t>(*bytes);
  int32_t value = 0;
  if (size == 4) std::memcpy(&value, bytes, sizeof(value));
  return value;
}

bool is_code_address(int64_t address) {
  return address >= static_cast<int64_t>(kLowestAddress) &&
         address < static_cast<int64_t>(kHighestAddress);
}

class Scan {
 public:
  Scan(CodeRegion region, const Options& options)
      : code_(region.bytes),
        size_(static_cast<uint32_t>(region.bytes.size())),
        address_(region.address),
        options_(options),
        memo_(options.memo == Memo::kOn ? region.bytes.size() : 0) {
    report_.safe_points = SafePoints(size_);
    targets_ = SafePoints(size_);
  }

  Report run() {
    uint32_t position = 0;
    while (position < size_ && !gave_up()) position = step(position);
    if (!gave_up() && !report_.safe_points.contains_all(targets_)) refuse_bad_branches();
    return std::move(report_);
  }

 private:
  // A recognised guard sequence, or none.
  struct Match {
    uint32_t length = 0;
    uint32_t instructions = 0;
  };

  bool gave_up() const { return report_.violation_count >= kMostViolations; }

  // Checks the instruction or sequence at `position`; the position after it.
  uint32_t step(uint32_t position) {
    if (code_[position] == kInt3) return accept_padding(position);
    Instruction instruction = fetch(position);
    if (instruction.rule != Rule::kNone) return refuse_and_skip(position, instruction.rule);

    // Q5's second half never gets here.
    if ((instruction.traits & kReadsScratch) != 0) {
      return refuse_and_skip(position, Rule::kScratchRead);
    }

    Match match = {instruction.length, 1};
    constexpr uint16_t kMaySequence = kMasksScratch | kLoadsBase | kWritesStack | kDefinesScratch;
    if ((instruction.traits & kMaySequence) != 0) match = match_sequence(position, instruction);
    if (match.length == 0) return refuse_and_skip(position, incomplete(instruction));
    if (match.length > bundle_end(position) - position) {
      return refuse_and_skip(position, Rule::kBundle);
    }
    if ((instruction.traits & kRelativeBranch) != 0) {
      targets_.add(instruction.target);
    }
    report_.safe_points.add(position);
    report_.instruction_count += match.instructions;
    return position + match.length;
  }

  // int3 fills what is left of a page; no need to decode each one.
  uint32_t accept_padding(uint32_t position) {
    while (position < size_ && code_[position] == kInt3) {
      report_.safe_points.add(position++);
      report_.instruction_count++;
    }
    return position;
  }

  static Rule incomplete(const Instruction& instruction) {
    return (instruction.traits & kLoadsBase) != 0 ? Rule::kSequence : Rule::kStackWrite;
  }

  uint32_t bundle_end(uint32_t position) const {
    return std::min(size_, (position | (kBundleSize - 1)) + 1);
  }

  // kWindow readable bytes from `position` on; zeros follow the code.
  const uint8_t* window(uint32_t position) {
    if (size_ - position >= kWindow) return code_.data() + position;
    tail_ = {};
    std::memcpy(tail_.data(), code_.data() + position, size_ - position);
    return tail_.data();
  }

  Instruction fetch(uint32_t position) {
    const uint8_t* bytes = window(position);
    Header header;
    Instruction instruction;
    instruction.rule = parse_header(bytes, header);
    if (instruction.rule != Rule::kNone) return instruction;

    auto decide = [&] { return judge(decoder_, bytes, header); };
    Verdict verdict = options_.memo == Memo::kOn ? memo_.get(header.key(), decide) : decide();
    instruction.rule = verdict.rule;
    if (verdict.rule != Rule::kNone) return instruction;
    instruction.traits = verdict.traits;
    unsigned after_displacement = header.size + header.displacement_size;
    instruction.length = static_cast<uint8_t>(after_displacement + verdict.immediate_size);

    constexpr uint16_t kHasConditions = kStackAddress | kRipAddress | kRelativeBranch |
                                        kZeroDisplacement | kThreadPointer | kEntry | kStackAlign;
    if ((verdict.traits & kHasConditions) == 0) return instruction;
    instruction.displacement = read_signed(bytes + header.size, header.displacement_size);
    instruction.immediate = read_signed(bytes + after_displacement, verdict.immediate_size);
    instruction.rule = check_values(position, instruction);
    return instruction;
  }

  Rule check_values(uint32_t position, Instruction& instruction) const {
    uint16_t traits = instruction.traits;
    int32_t displacement = instruction.displacement;
    if ((traits & kStackAddress) != 0 && (displacement < -32768 || displacement > 32767)) {
      return Rule::kStackOffset;
    }
    int64_t next = int64_t{position} + instruction.length;
    if ((traits & kRipAddress) != 0 && !is_code_address(address_ + next + displacement)) {
      return Rule::kRipTarget;
    }
    if ((traits & kZeroDisplacement) != 0 && displacement != 0) return Rule::kEncoding;
    if ((traits & kThreadPointer) != 0 && displacement != 8) return Rule::kContext;
    if ((traits & kEntry) != 0 && displacement != 16 && displacement != 24) {
      return Rule::kIndirectBranch;
    }
    if ((traits & kStackAlign) != 0 && instruction.immediate >= 0) return Rule::kStackWrite;
    if ((traits & kRelativeBranch) != 0) {
      int64_t target = next + instruction.immediate;
      if (target < 0 || target >= int64_t{size_}) return Rule::kBranchTarget;
      instruction.target = static_cast<uint32_t>(target);
    }
    return Rule::kNone;
  }

  Match match_sequence(uint32_t position, const Instruction& first) {
    std::span<const uint8_t> rest = code_.subspan(position);
    if ((first.traits & kMasksScratch) != 0) {
      uint32_t length = match_indirect_branch(rest);
      return length != 0 ? Match{length, 3} : Match{first.length, 1};
    }
    if ((first.traits & kLoadsBase) != 0) {
      StringSequence string = match_string(rest);
      if (string.length != 0) return {string.length, string_instructions(string)};
      return match_keep_flags(position, first);
    }
    if ((first.traits & kWritesStack) != 0) {
      bool whole =
          starts_with(rest.subspan(std::min<size_t>(first.length, rest.size())), kAddBaseToRsp);
      return whole ? Match{first.length + uint32_t{kAddBaseToRsp.size()}, 2} : Match{};
    }
    return match_clean_scratch(position, first);
  }

  static uint32_t string_instructions(const StringSequence& string) {
    uint32_t pointers = (string.uses_rdi ? 1 : 0) + (string.uses_rsi ? 1 : 0);
    return 2 + 3 * pointers;
  }

  // Q3: the operation may be any that a verdict allows, its values included.
  Match match_keep_flags(uint32_t position, const Instruction& first) {
    uint32_t operation = position + first.length;
    if (operation >= size_) return {};
    Instruction second = fetch(operation);
    if (second.rule != Rule::kNone || (second.traits & kKeepsFlags) == 0) return {};
    uint32_t last = operation + second.length;
    if (last >= size_ || !starts_with(code_.subspan(last), kRebaseRsp)) return {};
    return {last + uint32_t{kRebaseRsp.size()} - position, 3};
  }

  // Q5, or the definition of %r11 alone.
  Match match_clean_scratch(uint32_t position, const Instruction& first) {
    Match alone = {first.length, 1};
    uint32_t use = position + first.length;
    if (use >= size_) return alone;
    Instruction second = fetch(use);
    constexpr uint16_t kNoUse = kWritesStack | kLoadsBase | kRelativeBranch;
    bool use_of_scratch = second.rule == Rule::kNone && (second.traits & kReadsScratch) != 0 &&
                          (second.traits & kNoUse) == 0;
    if (!use_of_scratch) return alone;
    return {uint32_t{first.length} + second.length, 2};
  }

  void refuse_bad_branches() {
    for (uint32_t position = 0; position < size_ && !gave_up(); position++) {
      if (!report_.safe_points.contains(position) || code_[position] == kInt3) continue;
      const Instruction instruction = fetch(position);
      const bool branches = (instruction.traits & kRelativeBranch) != 0;
      if (branches && !report_.safe_points.contains(instruction.target)) {
        refuse(position, Rule::kBranchTarget);
      }
    }
  }

  void refuse(uint32_t position, Rule rule) {
    report_.violation_count++;
    if (report_.violations.size() >= options_.max_violations) return;
    std::span<const uint8_t> bytes =
        code_.subspan(position, std::min<size_t>(kMaxInstruction, size_ - position));
    uint8_t length = decoder_.length(bytes);
    Violation violation = {.address = address_ + position, .rule = rule};
    violation.length = length != 0 ? length : static_cast<uint8_t>(bytes.size());
    std::copy_n(bytes.begin(), violation.length, violation.bytes.begin());
    report_.violations.push_back(violation);
  }

  // After undecodable bytes, the next bundle is where an instruction must start.
  uint32_t refuse_and_skip(uint32_t position, Rule rule) {
    refuse(position, rule);
    uint8_t length = decoder_.length(code_.subspan(position));
    return length != 0 ? position + length : bundle_end(position);
  }

  std::span<const uint8_t> code_;
  uint32_t size_;
  uint32_t address_;
  const Options& options_;
  Decoder decoder_;
  VerdictMemo memo_;
  Report report_;
  SafePoints targets_;  // of relative branches
  std::array<uint8_t, kWindow> tail_ = {};
};

bool is_valid(const CodeRegion& region) {
  uint64_t size = region.bytes.size();
  return size != 0 && region.address % kPageSize == 0 && region.address >= kLowestAddress &&
         size <= kHighestAddress && region.address + size <= kHighestAddress;
}

}  // namespace

Report verify(CodeRegion region, const Options& options) {
  if (is_valid(region)) return Scan(region, options).run();
  Report report;
  report.violation_count = 1;
  report.violations.push_back({.address = region.address, .rule = Rule::kRegion});
  return report;
}

}  // namespace rawposix::verify
