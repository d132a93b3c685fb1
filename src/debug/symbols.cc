// SPDX-License-Identifier: Apache-2.0
#include "debug/symbols.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace rawposix::debug {
namespace {

// A large program has some 100,000 symbols.
constexpr uint64_t kMaxTable = uint64_t{256} << 20;

// All of [offset, offset+size), if the file has as much.
std::optional<std::vector<std::byte>> read(loader::ByteSource& source, uint64_t offset,
                                           uint64_t size) {
  uint64_t available = source.size();
  if (size > kMaxTable || offset > available || size > available - offset) return std::nullopt;
  std::vector<std::byte> bytes(size);
  if (!source.read(offset, bytes).ok()) return std::nullopt;
  return bytes;
}

template <class Entry>
std::vector<Entry> read_table(loader::ByteSource& source, uint64_t offset, uint64_t size) {
  uint64_t count = size / sizeof(Entry);
  auto bytes = read(source, offset, count * sizeof(Entry));
  if (!bytes) return {};
  std::vector<Entry> table(count);
  if (count != 0) std::memcpy(table.data(), bytes->data(), bytes->size());
  return table;
}

std::vector<Elf64_Shdr> read_sections(loader::ByteSource& source) {
  auto headers = read_table<Elf64_Ehdr>(source, 0, sizeof(Elf64_Ehdr));
  if (headers.empty() || headers[0].e_shentsize != sizeof(Elf64_Shdr)) return {};
  return read_table<Elf64_Shdr>(source, headers[0].e_shoff,
                                uint64_t{headers[0].e_shnum} * sizeof(Elf64_Shdr));
}

std::string name_at(const std::vector<std::byte>& names, uint64_t offset) {
  std::string name;
  for (; offset < names.size() && names[offset] != std::byte{0}; offset++) {
    char c = static_cast<char>(names[offset]);
    // One line each; what a terminal takes for a command must not come from a symbol table.
    bool plain = static_cast<unsigned char>(c) > ' ' && c != 0x7f;
    name += plain ? c : '_';
  }
  return name;
}

bool is_function(const Elf64_Sym& symbol) {
  unsigned type = ELF64_ST_TYPE(symbol.st_info);
  return (type == STT_FUNC || type == STT_NOTYPE) && symbol.st_shndx != SHN_UNDEF;
}

void sort_and_close_gaps(std::vector<Function>& functions, uint64_t end) {
  // Of several names for one address the one with a size first.
  std::stable_sort(functions.begin(), functions.end(), [](const Function& a, const Function& b) {
    return a.address != b.address ? a.address < b.address : a.size > b.size;
  });
  auto same = [](const Function& a, const Function& b) { return a.address == b.address; };
  functions.erase(std::unique(functions.begin(), functions.end(), same), functions.end());
  for (size_t i = 0; i < functions.size(); i++) {
    uint64_t next = i + 1 < functions.size() ? functions[i + 1].address : end;
    uint64_t room = next - functions[i].address;
    if (functions[i].size == 0 || functions[i].size > room) functions[i].size = room;
  }
}

}  // namespace

std::vector<Function> read_functions(loader::ByteSource& source, uint64_t start, uint64_t end) {
  std::vector<Elf64_Shdr> sections = read_sections(source);
  auto table = std::find_if(sections.begin(), sections.end(), [&](const Elf64_Shdr& section) {
    return section.sh_type == SHT_SYMTAB && section.sh_link < sections.size();
  });
  if (table == sections.end()) return {};
  const Elf64_Shdr& strings = sections[table->sh_link];
  auto names = read(source, strings.sh_offset, strings.sh_size);
  if (!names) return {};

  std::vector<Function> functions;
  for (const auto& symbol : read_table<Elf64_Sym>(source, table->sh_offset, table->sh_size)) {
    if (!is_function(symbol) || symbol.st_value < start || symbol.st_value >= end) continue;
    std::string name = name_at(*names, symbol.st_name);
    // Labels of the assembler's own (.L...), and mapping symbols.
    if (name.empty() || name.starts_with(".L") || name.starts_with('$')) continue;
    functions.push_back({symbol.st_value, symbol.st_size, std::move(name)});
  }
  sort_and_close_gaps(functions, end);
  return functions;
}

}  // namespace rawposix::debug
