// SPDX-License-Identifier: Apache-2.0
// Executes what the verifier accepts, in two slots at once, with registers full of bait: whatever
// reaches out of its slot faults there, and whatever depends on the slot's address shows as a
// difference.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <random>
#include <set>

#include "candidates.h"
#include "corpus.h"
#include "twin_slots.h"
#include "verify/decoder.h"
#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

// Different each time by nature.
bool is_random(ZydisMnemonic mnemonic) {
  static const std::set<ZydisMnemonic> kRandom = {ZYDIS_MNEMONIC_RDTSC,  ZYDIS_MNEMONIC_RDTSCP,
                                                  ZYDIS_MNEMONIC_RDRAND, ZYDIS_MNEMONIC_RDSEED,
                                                  ZYDIS_MNEMONIC_CPUID,  ZYDIS_MNEMONIC_RDPID};
  return kRandom.contains(mnemonic);
}

// #GP must come from alignment, reserved bits or hlt: the kernel tells no address then, and an
// address that isn't canonical would look the same.
bool may_protect(const Decoded& decoded) {
  switch (decoded.instruction.mnemonic) {
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_LDMXCSR:
    case ZYDIS_MNEMONIC_VLDMXCSR:
    case ZYDIS_MNEMONIC_XGETBV:
    case ZYDIS_MNEMONIC_CMPXCHG16B:
      return true;
    default:
      return std::any_of(decoded.visible().begin(), decoded.visible().end(), [](const auto& o) {
        return o.type == ZYDIS_OPERAND_TYPE_MEMORY && o.size >= 128;
      });
  }
}

struct Tally {
  size_t executed = 0;
  size_t faulted = 0;
  size_t illegal = 0;
};

// Runs one instruction in both slots from a random state; the complaint, or nothing.
std::string execute_once(const Decoded& decoded, std::mt19937& random, Tally& tally) {
  slots().reset_memory();
  Machine state = slots().random_state(random);
  std::array<Machine, 2> views;
  for (size_t i = 0; i < 2; i++) {
    SlotMachine& slot = slots()[i];
    Machine before = slot.enter(state);
    Machine after = slot.step(before);
    std::string found = escape(slot, before, after);
    if (!found.empty()) return found;
    bool protection = after.signal == SIGSEGV || after.signal == SIGBUS;
    if (protection && after.code == SI_KERNEL && !may_protect(decoded)) return "no address";
    tally.executed += after.signal == SIGTRAP ? 1 : 0;
    tally.faulted += is_memory_fault(after) ? 1 : 0;
    tally.illegal += after.signal == SIGILL ? 1 : 0;
    views[i] = guest_view(slot, after);
  }
  return is_random(decoded.instruction.mnemonic) ? "" : difference(views[0], views[1]);
}

std::string hex(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (uint8_t byte : bytes) {
    char digits[4];
    std::snprintf(digits, sizeof(digits), "%02x ", byte);
    text += digits;
  }
  return text;
}

TEST(Execution, AcceptedInstructionsKeepToTheirSlot) {
  std::mt19937 random(7);
  Decoder decoder;
  Tally tally;
  std::set<int> ran;
  for (const Accepted& item : accepted_candidates(150)) {
    Decoded decoded;
    ASSERT_EQ(decoder.decode(item.bundle.data(), decoded), Rule::kNone);
    slots().load(item.bundle);
    size_t before = tally.executed;
    std::string found;
    for (int round = 0; round < 3 && found.empty(); round++) {
      found = execute_once(decoded, random, tally);
    }
    ASSERT_EQ(found, "") << hex(item.bytes())
                         << ZydisMnemonicGetString(decoded.instruction.mnemonic);
    if (tally.executed != before) ran.insert(decoded.instruction.mnemonic);
  }
  // Most must have run to their end, or the test shows little.
  EXPECT_GT(tally.executed, tally.faulted);
  EXPECT_GT(ran.size(), 700) << tally.executed << " ran, " << tally.faulted << " faulted, "
                             << tally.illegal << " unknown to this processor";
  RecordProperty("executed", static_cast<int>(tally.executed));
  RecordProperty("faulted", static_cast<int>(tally.faulted));
}

// The bait must catch: refused instructions show what they were refused for.
TEST(Execution, BaitCatchesHostileInstructions) {
  static const std::set<std::string> kRules = {"address",      "bit-offset", "lea-address",
                                               "scratch-read", "stack-read", "stack-write"};
  std::mt19937 random(11);
  Decoder decoder;
  size_t caught = 0;
  size_t tried = 0;
  for (const Snippet& snippet : load_corpus("reject")) {
    uint8_t length = decoder.length(snippet.code);
    bool single = std::all_of(snippet.code.begin() + length, snippet.code.end(),
                              [](uint8_t byte) { return byte == 0xcc; });
    if (!kRules.contains(snippet.rule) || !single) continue;
    std::array<uint8_t, kWindow> window = {};
    std::copy_n(snippet.code.begin(), length, window.begin());
    Decoded decoded;
    ASSERT_EQ(decoder.decode(window.data(), decoded), Rule::kNone);
    slots().load(snippet.code);
    Tally tally;
    std::string found;
    for (int round = 0; round < 100 && found.empty(); round++) {
      found = execute_once(decoded, random, tally);
    }
    if (tally.illegal != 0 && tally.executed == 0) continue;
    tried++;
    caught += found.empty() ? 0 : 1;
  }
  // Not all can: some need more than one step to do harm, some are refused as never needed.
  EXPECT_GT(tried, 100);
  EXPECT_GT(caught * 100, tried * 75) << caught << " of " << tried;
}

// Runs accepted code from its first byte and compares the slots at each safe point.
std::string run_code(const Snippet& snippet, const SafePoints& safe_points, const Machine& state) {
  slots().reset_memory();
  slots().load(snippet.code);
  std::array<Machine, 2> now = {slots()[0].enter(state), slots()[1].enter(state)};
  for (int count = 0; count < 100; count++) {
    std::array<Machine, 2> views;
    for (size_t i = 0; i < 2; i++) {
      now[i] = slots()[i].step(now[i]);
      views[i] = guest_view(slots()[i], now[i]);
      uint64_t fault = now[i].fault_address - slots()[i].base();
      if (is_memory_fault(now[i]) && fault >= kSlotSize + 4096) return "reached out of the slot";
    }
    uint64_t position = static_cast<uint64_t>(views[0].registers[REG_RIP]) - kCodeArea;
    bool inside = position < snippet.code.size();
    // A fault inside a sequence is settled by the runtime; a view of it proves nothing.
    if (now[0].signal != SIGTRAP) return now[0].signal == now[1].signal ? "" : "signals differ";
    if (inside && !safe_points.contains(position)) continue;
    for (size_t i = 0; i < 2; i++) {
      auto rsp = static_cast<uint64_t>(now[i].registers[REG_RSP]);
      if (rsp >> 32 != slots()[i].base() >> 32) return "%rsp left the slot";
      if (now[i].registers[REG_R14] != static_cast<int64_t>(slots()[i].context())) return "%r14";
    }
    std::string found = difference(views[0], views[1]);
    if (!found.empty() || !inside || snippet.code[position] == 0xcc) return found;
  }
  return "";
}

// A state with counts and addresses with which string instructions come to an end.
Machine state_for_code(std::mt19937& random) {
  Machine state = slots().random_state(random);
  state.registers[REG_RCX] = static_cast<int64_t>(random() % 20);
  state.registers[REG_RDI] = static_cast<int64_t>(kBait | (kDataArea + random() % 4096));
  state.registers[REG_RSI] = static_cast<int64_t>(kBait | (kDataArea + random() % 4096));
  return state;
}

bool has_random_instruction(std::span<const uint8_t> code) {
  Decoder decoder;
  for (size_t position = 0; position < code.size();) {
    std::array<uint8_t, kWindow> window = {};
    std::copy_n(code.begin() + position, std::min(kWindow, code.size() - position), window.begin());
    Decoded decoded;
    if (decoder.decode(window.data(), decoded) != Rule::kNone) return false;
    if (is_random(decoded.instruction.mnemonic)) return true;
    position += decoded.instruction.length;
  }
  return false;
}

TEST(Execution, AcceptedCodeDoesntKnowItsAddress) {
  std::mt19937 random(13);
  for (const Snippet& snippet : load_corpus("accept")) {
    Report report = verify({snippet.code, kCodeArea});
    ASSERT_TRUE(report.ok()) << snippet.name;
    if (has_random_instruction(snippet.code)) continue;
    for (int round = 0; round < 20; round++) {
      EXPECT_EQ(run_code(snippet, report.safe_points, state_for_code(random)), "")
          << snippet.name << snippet.source;
    }
  }
}

// Good code with some bytes changed: what is still accepted must be as harmless.
TEST(Execution, MutatedCodeThatIsAcceptedIsHarmless) {
  std::mt19937 random(17);
  size_t accepted = 0;
  for (const Snippet& original : load_corpus("accept")) {
    for (int round = 0; round < 400; round++) {
      Snippet mutated = original;
      for (size_t count = 1 + random() % 3; count > 0; count--) {
        uint8_t& byte = mutated.code[random() % mutated.code.size()];
        byte = random() % 2 == 0 ? static_cast<uint8_t>(byte ^ (1 << random() % 8))
                                 : static_cast<uint8_t>(random());
      }
      Report report = verify({mutated.code, kCodeArea});
      if (!report.ok() || has_random_instruction(mutated.code)) continue;
      accepted++;
      ASSERT_EQ(run_code(mutated, report.safe_points, state_for_code(random)), "")
          << original.name << "\n"
          << hex(mutated.code);
    }
  }
  EXPECT_GT(accepted, 3000);
}

}  // namespace
}  // namespace rawposix::verify
