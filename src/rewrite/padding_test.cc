// SPDX-License-Identifier: Apache-2.0
#include "rewrite/object/padding.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace rawposix::rewrite {
namespace {

// An object with one code section, and a symbol in it.
class ObjectBuilder {
 public:
  std::vector<uint8_t> build(const std::vector<uint8_t>& code, uint64_t symbol_at) {
    std::vector<uint8_t> file(sizeof(Elf64_Ehdr));
    const uint64_t code_at = append(file, code.data(), code.size());
    const Elf64_Sym symbols[2] = {{},
                                  {.st_name = 0,
                                   .st_info = 0,
                                   .st_other = 0,
                                   .st_shndx = 1,
                                   .st_value = symbol_at,
                                   .st_size = 0}};
    const uint64_t symbols_at = append(file, symbols, sizeof symbols);
    Elf64_Shdr sections[3] = {};
    sections[1].sh_type = SHT_PROGBITS;
    sections[1].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    sections[1].sh_offset = code_at;
    sections[1].sh_size = code.size();
    sections[2].sh_type = SHT_SYMTAB;
    sections[2].sh_offset = symbols_at;
    sections[2].sh_size = sizeof symbols;
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_type = ET_REL;
    header.e_machine = EM_X86_64;
    header.e_shnum = 3;
    header.e_shoff = append(file, sections, sizeof sections);
    std::memcpy(file.data(), &header, sizeof header);
    return file;
  }

 private:
  static uint64_t append(std::vector<uint8_t>& file, const void* data, size_t size) {
    file.resize((file.size() + 15) / 16 * 16);
    const uint64_t at = file.size();
    file.resize(at + size);
    std::memcpy(file.data() + at, data, size);
    return at;
  }
};

constexpr uint64_t kNoSymbol = 1000;

std::vector<uint8_t> finish(const std::vector<uint8_t>& code, uint64_t symbol_at = kNoSymbol) {
  std::vector<uint8_t> file = ObjectBuilder().build(code, symbol_at);
  Result<ElfObject, Refusal> object = ElfObject::parse(file);
  if (!object.ok() || !finish_object(object.value()).ok()) return {};
  const std::span<uint8_t> bytes = object.value().code().at(0).bytes;
  return {bytes.begin(), bytes.end()};
}

TEST(Padding, FewestNops) {
  std::vector<uint8_t> bytes(20, 0xCC);
  fill_with_nops(bytes);
  const std::vector<uint8_t> nine = {0x66, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0};
  EXPECT_TRUE(std::equal(nine.begin(), nine.end(), bytes.begin()));
  EXPECT_TRUE(std::equal(nine.begin(), nine.end(), bytes.begin() + 9));
  EXPECT_EQ(bytes[18], 0x66);
  EXPECT_EQ(bytes[19], 0x90);
}

TEST(Padding, MergesRunsAndKeepsTheRest) {
  const std::vector<uint8_t> code = {0x89, 0xC8, 0x90, 0x90, 0x90, 0x89, 0xC8};
  EXPECT_EQ(finish(code), (std::vector<uint8_t>{0x89, 0xC8, 0x0F, 0x1F, 0x00, 0x89, 0xC8}));
}

TEST(Padding, ReplacesOverlongNops) {
  const std::vector<uint8_t> code = {0x66, 0x66, 0x2E, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0, 0x90};
  EXPECT_EQ(finish(code),
            (std::vector<uint8_t>{0x66, 0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0, 0x0F, 0x1F, 0x00}));
}

TEST(Padding, StopsAtBranchTargets) {
  // jmp .+2 leads between the nops.
  const std::vector<uint8_t> code = {0xEB, 0x01, 0x90, 0x90, 0x90};
  EXPECT_EQ(finish(code), (std::vector<uint8_t>{0xEB, 0x01, 0x90, 0x66, 0x90}));
}

TEST(Padding, StopsAtSymbols) {
  const std::vector<uint8_t> code = {0x90, 0x90, 0x90, 0x90, 0xF4};
  EXPECT_EQ(finish(code, 2), (std::vector<uint8_t>{0x66, 0x90, 0x66, 0x90, 0xF4}));
}

TEST(Padding, StopsAtBundles) {
  std::vector<uint8_t> code(40, 0x90);
  std::fill(code.begin(), code.begin() + 30, uint8_t{0xF4});
  code[39] = 0xF4;
  const std::vector<uint8_t> out = finish(code);
  ASSERT_EQ(out.size(), code.size());
  EXPECT_EQ(out[30], 0x66);
  EXPECT_EQ(out[31], 0x90);
  EXPECT_EQ(out[32], 0x0F);
  EXPECT_EQ(out[35], 0);
  EXPECT_EQ(out[39], 0xF4);
}

TEST(Padding, LeavesPauseAlone) {
  const std::vector<uint8_t> code = {0xF3, 0x90, 0xF3, 0x90};
  EXPECT_EQ(finish(code), code);
}

TEST(Padding, RefusesWhatIsntCode) { EXPECT_TRUE(finish({0x06, 0x06}).empty()); }

TEST(ElfObject, RefusesTruncatedFiles) {
  const std::vector<uint8_t> whole = ObjectBuilder().build({0x90, 0xF4}, kNoSymbol);
  for (size_t size = 0; size < whole.size(); ++size) {
    std::vector<uint8_t> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(ElfObject::parse(part).ok()) << size;
  }
}

}  // namespace
}  // namespace rawposix::rewrite
