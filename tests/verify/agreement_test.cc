// SPDX-License-Identifier: Apache-2.0
// The verifier against an independent disassembler: on the corpora, on every opcode with sampled
// operands, and on the code of cage images named on the command line.
#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <unordered_set>

#include "candidates.h"
#include "corpus.h"
#include "objdump.h"
#include "support/check.h"
#include "verify/decoder.h"
#include "verify/verifier.h"

namespace rawposix::verify {
namespace {

std::vector<std::string> g_arguments;

// objdump reads fwait as the prefix of a following x87 instruction.
void split_fwait(std::vector<Line>& lines) {
  std::vector<Line> split;
  for (Line& line : lines) {
    if (line.bytes.size() > 1 && line.bytes[0] == 0x9b) {
      Line& wait = split.emplace_back();
      wait.address = line.address;
      wait.bytes = {0x9b};
      wait.mnemonic = "fwait";
      line.address++;
      line.bytes.erase(line.bytes.begin());
      // fstcw is fwait, fnstcw; but fld1 has no such form.
      for (const char* stem : {"fst", "fcl", "fin", "fsa"}) {
        if (line.mnemonic.starts_with(stem)) line.mnemonic.insert(1, "n");
      }
    }
    split.push_back(line);
  }
  lines = std::move(split);
}

// The stem that objdump's name and Zydis's share, without AT&T suffixes and synonyms.
bool same_mnemonic(std::string ours, std::string theirs) {
  static const std::set<std::pair<std::string, std::string>> kSynonyms = {
      {"cbw", "cbtw"},
      {"cwde", "cwtl"},
      {"cdqe", "cltq"},
      {"cwd", "cwtd"},
      {"cdq", "cltd"},
      {"cqo", "cqto"},
      {"movsxd", "movslq"},
      {"movsxd", "movsxd"},
      {"movd", "movq"},
      {"movq", "movd"},
      {"pushfq", "pushf"},
      {"pushfq", "pushfq"},
      {"fcompp", "fcompp"},
      {"mov", "movabs"},
      {"vmovd", "vmovq"},
      {"vmovq", "vmovd"},
      {"nop", "xchg"},
      {"movsd", "movsl"},
      {"cmpsd", "cmpsl"},
      // AT&T syntax swaps these; binutils keeps it so.
      {"fsubp", "fsubrp"},
      {"fsubrp", "fsubp"},
      {"fdivp", "fdivrp"},
      {"fdivrp", "fdivp"},
      {"fsub", "fsubr"},
      {"fsubr", "fsub"},
      {"fdiv", "fdivr"},
      {"fdivr", "fdiv"}};
  if (ours == theirs || kSynonyms.contains({ours, theirs})) return true;
  // Conditions: setnb is setae, cmovnle is cmovg...
  static const std::pair<const char*, const char*> kConditions[] = {
      {"nb", "ae"}, {"z", "e"}, {"nz", "ne"}, {"nbe", "a"}, {"nl", "ge"}, {"nle", "g"}};
  for (const char* stem : {"j", "set", "cmov"}) {
    for (auto [zydis, gnu] : kConditions) {
      std::string name = std::string(stem) + gnu;
      if (ours == std::string(stem) + zydis && theirs.starts_with(name)) return true;
    }
  }
  // Comparisons spell their predicate: cmpltps is cmpps $1.
  for (const char* stem : {"cmp", "vcmp", "vpcmp", "vpcom"}) {
    if (ours.starts_with(stem) && theirs.starts_with(stem)) return true;
  }
  if (ours == "movsx" && theirs.starts_with("movs")) return true;
  if (ours == "movzx" && theirs.starts_with("movz")) return true;
  for (const char* stem : {"pclmul", "vpclmul", "stos", "lods", "scas"}) {
    if (ours.starts_with(stem) && theirs.starts_with(stem)) return true;
  }
  if (ours.starts_with("f") && theirs.starts_with(ours.substr(0, ours.size() - 1))) return true;
  static const std::set<std::string> kSuffixes = {"b", "w", "l", "q", "s",
                                                  "t", "x", "y", "z", "ll"};
  return theirs.starts_with(ours) && kSuffixes.contains(theirs.substr(ours.size()));
}

// Both disassemblers over code that was accepted: same starts, same names.
void expect_agreement(const std::vector<uint8_t>& code, uint32_t address, const std::string& name) {
  std::vector<Line> lines = disassemble(code, address);
  split_fwait(lines);
  Decoder decoder;
  uint32_t position = 0;
  for (const Line& line : lines) {
    std::array<uint8_t, kWindow> window = {};
    std::copy_n(code.begin() + position, std::min(kWindow, code.size() - position), window.begin());
    Decoded decoded;
    ASSERT_EQ(decoder.decode(window.data(), decoded), Rule::kNone) << name << " " << line.text;
    ASSERT_EQ(line.address, address + position) << name << " " << line.text;
    ASSERT_EQ(line.bytes.size(), decoded.instruction.length) << name << " " << line.text;
    std::string ours = ZydisMnemonicGetString(decoded.instruction.mnemonic);
    EXPECT_TRUE(same_mnemonic(ours, line.mnemonic))
        << name << ": " << ours << " and " << line.mnemonic << " for " << line.text;
    position += decoded.instruction.length;
  }
  EXPECT_EQ(position, code.size()) << name;
}

TEST(Agreement, AcceptedCorpus) {
  std::vector<uint8_t> all;
  for (const Snippet& snippet : load_corpus("accept")) {
    all.insert(all.end(), snippet.code.begin(), snippet.code.end());
  }
  expect_agreement(all, 0x100000, "accept");
}

class Enumeration : public testing::Test {
 protected:
  static const std::vector<Accepted>& accepted() {
    static const std::vector<Accepted> items = accepted_candidates(1000);
    return items;
  }
};

TEST_F(Enumeration, CoversTheAllowedInstructions) {
  Decoder decoder;
  std::set<int> mnemonics;
  for (const Accepted& item : accepted()) {
    Decoded decoded;
    ASSERT_EQ(decoder.decode(item.bundle.data(), decoded), Rule::kNone);
    mnemonics.insert(decoded.instruction.mnemonic);
  }
  EXPECT_GT(accepted().size(), 50000);
  EXPECT_GT(mnemonics.size(), 1150);
}

TEST_F(Enumeration, AgreesOnLengthsAndNames) {
  std::vector<uint8_t> all;
  for (const Accepted& item : accepted()) {
    if (item.bundle[0] == 0x9b) continue;  // fwait: see split_fwait
    all.insert(all.end(), item.bundle.begin(), item.bundle.begin() + item.length);
  }
  expect_agreement(all, 0x100000, "enumeration");
}

TEST_F(Enumeration, AcceptsNothingThatObjdumpsTextForbids) {
  std::vector<uint8_t> all;
  for (const Accepted& item : accepted()) {
    if (item.bundle[0] == 0x9b) continue;
    all.insert(all.end(), item.bundle.begin(), item.bundle.begin() + item.length);
  }
  size_t shown = 0;
  for (const Line& line : disassemble(all, kCandidateAddress)) {
    std::string found = objection(line);
    EXPECT_EQ(found, "") << line.text;
    if (!found.empty() && ++shown > 50) break;
  }
}

// The oracle must be able to object: each of these snippets is hostile in a way that shows in its
// text.
TEST(Oracle, ObjectsToHostileCode) {
  static const std::set<std::string> kVisible = {"address", "bit-offset", "context", "stack-read",
                                                 "indirect-branch"};
  size_t count = 0;
  for (const Snippet& snippet : load_corpus("reject")) {
    if (!kVisible.contains(snippet.rule)) continue;
    std::vector<Line> lines = disassemble(snippet.code, snippet.address);
    EXPECT_TRUE(std::any_of(lines.begin(), lines.end(),
                            [](const Line& line) { return !objection(line).empty(); }))
        << snippet.name << snippet.source;
    count++;
  }
  EXPECT_GT(count, 140);
}

std::vector<uint8_t> executable_segment(const std::string& file, uint32_t& address) {
  std::string bytes = read_file(file);
  Elf64_Ehdr header = {};
  if (bytes.size() < sizeof(header)) return {};
  std::memcpy(&header, bytes.data(), sizeof(header));
  for (unsigned i = 0; i < header.e_phnum; i++) {
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof(segment), sizeof(segment));
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    address = static_cast<uint32_t>(segment.p_vaddr);
    std::string code = bytes.substr(segment.p_offset, segment.p_filesz);
    return {code.begin(), code.end()};
  }
  return {};
}

// Executables in a folder, or the file itself.
std::vector<std::string> images_in(const std::string& path) {
  namespace fs = std::filesystem;
  if (!fs::exists(path)) return {};
  if (!fs::is_directory(path)) return {path};
  std::vector<std::string> images;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    if (read_file(entry.path())
            .starts_with("\x7f"
                         "ELF\2\1\1"))
      images.push_back(entry.path());
  }
  return images;
}

// The instructions of accepted code that aren't in `seen` yet, one after the other. fwait is left out:
// see split_fwait.
std::vector<uint8_t> unseen_instructions(const std::vector<uint8_t>& code,
                                         std::unordered_set<std::string>& seen) {
  Decoder decoder;
  std::vector<uint8_t> unseen;
  for (size_t position = 0; position < code.size();) {
    std::array<uint8_t, kWindow> window = {};
    std::copy_n(code.begin() + position, std::min(kWindow, code.size() - position), window.begin());
    Decoded decoded;
    CHECK(decoder.decode(window.data(), decoded) == Rule::kNone);
    const size_t length = decoded.instruction.length;
    const bool fresh = seen.emplace(window.begin(), window.begin() + length).second;
    if (fresh && window[0] != 0x9b) {
      unseen.insert(unseen.end(), window.begin(), window.begin() + length);
    }
    position += length;
  }
  return unseen;
}

// Images have most of their instructions in common; what a disassembler says of one depends on its
// bytes alone.
TEST(Agreement, ImagesOfTheCommandLine) {
  size_t count = 0;
  std::unordered_set<std::string> seen;
  for (const std::string& argument : g_arguments) {
    for (const std::string& image : images_in(argument)) {
      uint32_t address = 0;
      std::vector<uint8_t> code = executable_segment(image, address);
      if (code.empty()) continue;  // an object file, say
      count++;
      Report report = verify({code, address});
      ASSERT_TRUE(report.ok()) << image << ": " << format(report.violations.at(0));
      const std::vector<uint8_t> unseen = unseen_instructions(code, seen);
      if (!unseen.empty()) expect_agreement(unseen, address, image);
    }
  }
  if (count == 0) GTEST_SKIP() << "no images given";
}

}  // namespace
}  // namespace rawposix::verify

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  rawposix::verify::g_arguments.assign(argv + 1, argv + argc);
  return RUN_ALL_TESTS();
}
