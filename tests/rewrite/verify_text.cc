// SPDX-License-Identifier: Apache-2.0
// verify_text FILE...: runs the verifier on the .text section of linked ELF files, as if each were
// a whole segment. Exit status 1 with a line per violation where one is refused.
#include <elf.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <vector>

#include "verify/verifier.h"

namespace {

using rawposix::verify::CodeRegion;
using rawposix::verify::Report;

// The .text section's header; null where the file has none.
const Elf64_Shdr* find_text(std::span<const char> file) {
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(file.data());
  const auto* sections = reinterpret_cast<const Elf64_Shdr*>(file.data() + header->e_shoff);
  const char* names = file.data() + sections[header->e_shstrndx].sh_offset;
  for (int i = 0; i < header->e_shnum; ++i) {
    if (std::strcmp(names + sections[i].sh_name, ".text") == 0) return &sections[i];
  }
  return nullptr;
}

bool check(const char* path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> file((std::istreambuf_iterator<char>(stream)), {});
  if (file.size() < sizeof(Elf64_Ehdr)) {
    std::printf("%s: can't read\n", path);
    return false;
  }
  const Elf64_Shdr* text = find_text(file);
  if (text == nullptr || text->sh_size == 0) {
    std::printf("%s: no code\n", path);
    return false;
  }
  std::vector<uint8_t> code(
      file.begin() + static_cast<std::ptrdiff_t>(text->sh_offset),
      file.begin() + static_cast<std::ptrdiff_t>(text->sh_offset + text->sh_size));
  code.resize((code.size() + 4095) / 4096 * 4096, 0xCC);
  const Report report =
      rawposix::verify::verify(CodeRegion{code, static_cast<uint32_t>(text->sh_addr)});
  for (const auto& violation : report.violations) {
    std::printf("%s: %s\n", path, rawposix::verify::format(violation).c_str());
  }
  return report.ok();
}

}  // namespace

int main(int argc, char** argv) {
  bool good = argc > 1;
  for (int i = 1; i < argc; ++i) good = check(argv[i]) && good;
  return good ? 0 : 1;
}
