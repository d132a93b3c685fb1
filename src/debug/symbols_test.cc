// SPDX-License-Identifier: Apache-2.0
#include "debug/symbols.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

namespace rawposix::debug {
namespace {

// A header, three section headers, symbols and their names.
struct SymbolFile {
  struct Layout {
    Elf64_Ehdr header{};
    Elf64_Shdr sections[3]{};
    Elf64_Sym symbols[6]{};
    char names[64]{};
  };
  Layout file;

  SymbolFile() {
    file.header.e_shentsize = sizeof(Elf64_Shdr);
    file.header.e_shoff = offsetof(Layout, sections);
    file.header.e_shnum = 3;
    file.sections[1].sh_type = SHT_SYMTAB;
    file.sections[1].sh_link = 2;
    file.sections[1].sh_offset = offsetof(Layout, symbols);
    file.sections[1].sh_size = sizeof file.symbols;
    file.sections[2].sh_type = SHT_STRTAB;
    file.sections[2].sh_offset = offsetof(Layout, names);
    file.sections[2].sh_size = sizeof file.names;
    std::memcpy(file.names, "\0one\0two\0data\0a\n\x1b\0.L1", 22);
    file.symbols[0] = symbol(1, 0x1000, 16, STT_FUNC);
    file.symbols[1] = symbol(5, 0x1040, 0, STT_NOTYPE);
    file.symbols[2] = symbol(9, 0x1080, 8, STT_OBJECT);
    file.symbols[3] = symbol(14, 0x1100, 0x10000, STT_FUNC);
    file.symbols[4] = symbol(18, 0x1020, 0, STT_NOTYPE);
    file.symbols[5] = symbol(1, 0x9000, 1, STT_FUNC);
  }
  static Elf64_Sym symbol(uint32_t name, uint64_t address, uint64_t size, uint8_t type) {
    Elf64_Sym symbol{};
    symbol.st_name = name;
    symbol.st_value = address;
    symbol.st_size = size;
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, type);
    symbol.st_shndx = 1;
    return symbol;
  }
  std::vector<Function> read(size_t size = sizeof(Layout)) {
    loader::MemorySource source(std::as_bytes(std::span(&file, 1)).first(size));
    return read_functions(source, 0x1000, 0x2000);
  }
};

TEST(Symbols, AreFunctionsOfTheTextInOrder) {
  std::vector<Function> functions = SymbolFile().read();
  ASSERT_EQ(functions.size(), 3U);
  EXPECT_EQ(functions[0].name, "one");
  EXPECT_EQ(functions[0].size, 16U);
  EXPECT_EQ(functions[1].name, "two");
  EXPECT_EQ(functions[1].size, 0xc0U) << "up to the next";
  EXPECT_EQ(functions[2].name, "a__");
  EXPECT_EQ(functions[2].size, 0xf00U) << "up to the end of the text";
}

TEST(Symbols, SurviveEveryTruncation) {
  for (size_t size = 0; size < sizeof(SymbolFile::Layout); size++) {
    EXPECT_TRUE(SymbolFile().read(size).empty()) << size;
  }
}

TEST(Symbols, SurviveAnyByte) {
  size_t with_functions = 0;
  for (size_t at = 0; at < sizeof(SymbolFile::Layout); at++) {
    for (unsigned value : {0x01, 0x7f, 0xff}) {
      SymbolFile changed;
      reinterpret_cast<uint8_t*>(&changed.file)[at] = static_cast<uint8_t>(value);
      for (const Function& function : changed.read()) {
        with_functions++;
        EXPECT_GE(function.address, 0x1000U);
        EXPECT_LE(function.address + function.size, 0x2000U);
        EXPECT_EQ(function.name.find('\n'), std::string::npos);
      }
    }
  }
  EXPECT_GT(with_functions, 0U);
}

}  // namespace
}  // namespace rawposix::debug
