// SPDX-License-Identifier: Apache-2.0
#include "rewrite/object/elf_object.h"

#include <algorithm>
#include <cstring>

namespace rawposix::rewrite {

// The entries of a table section; none where it reaches beyond the file or isn't aligned.
template <class T>
std::span<T> ElfObject::table(const Elf64_Shdr& section) const {
  if (section.sh_offset > file_.size() || section.sh_size > file_.size() - section.sh_offset ||
      section.sh_offset % alignof(T) != 0) {
    return {};
  }
  return {reinterpret_cast<T*>(file_.data() + section.sh_offset), section.sh_size / sizeof(T)};
}

Result<ElfObject, Refusal> ElfObject::parse(std::span<uint8_t> file) {
  ElfObject object(file);
  TRY(object.read_sections());
  object.find_code();
  object.add_symbols();
  object.add_relocations();
  for (CodeSection& code : object.code_) {
    std::sort(code.targets.begin(), code.targets.end());
    std::sort(code.relocations.begin(), code.relocations.end(),
              [](const Elf64_Rela* a, const Elf64_Rela* b) { return a->r_offset < b->r_offset; });
  }
  return object;
}

Result<void, Refusal> ElfObject::read_sections() {
  Elf64_Ehdr header;
  if (file_.size() < sizeof header) return Refusal{"the object is too short"};
  std::memcpy(&header, file_.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_REL ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
    return Refusal{"not an x86-64 ELF object"};
  }
  Elf64_Shdr all{};
  all.sh_offset = header.e_shoff;
  all.sh_size = sizeof(Elf64_Shdr);
  const std::span<Elf64_Shdr> first = table<Elf64_Shdr>(all);
  if (first.empty()) return Refusal{"the object has no section table"};
  // With many sections the count stands in the first section header (ELF gABI, e_shnum).
  all.sh_size = (header.e_shnum != 0 ? header.e_shnum : first[0].sh_size) * sizeof(Elf64_Shdr);
  sections_ = table<Elf64_Shdr>(all);
  if (sections_.empty()) return Refusal{"the object's section table is truncated"};
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type == SHT_SYMTAB) symbols_ = table<Elf64_Sym>(section);
  }
  return {};
}

void ElfObject::find_code() {
  for (size_t i = 0; i < sections_.size(); ++i) {
    const Elf64_Shdr& section = sections_[i];
    if (section.sh_type != SHT_PROGBITS || (section.sh_flags & SHF_EXECINSTR) == 0) continue;
    const std::span<uint8_t> bytes = table<uint8_t>(section);
    if (!bytes.empty()) code_.push_back({static_cast<uint16_t>(i), bytes, {}, {}});
  }
}

ElfObject::CodeSection* ElfObject::code_section(uint64_t index) {
  const auto found = std::find_if(code_.begin(), code_.end(),
                                  [=](const CodeSection& code) { return code.index == index; });
  return found == code_.end() ? nullptr : &*found;
}

void ElfObject::add_symbols() {
  for (const Elf64_Sym& symbol : symbols_) {
    if (ELF64_ST_TYPE(symbol.st_info) == STT_SECTION) continue;
    if (CodeSection* code = code_section(symbol.st_shndx)) code->targets.push_back(symbol.st_value);
  }
}

void ElfObject::add_relocation(Elf64_Rela& relocation, const Elf64_Sym& symbol) {
  CodeSection* target = code_section(symbol.st_shndx);
  if (target == nullptr) return;
  const uint64_t offset = symbol.st_value + static_cast<uint64_t>(relocation.r_addend);
  target->targets.push_back(offset);
  // A branch's field counts from its own end.
  target->targets.push_back(offset + 4);
}

void ElfObject::add_relocations() {
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type != SHT_RELA || section.sh_info >= sections_.size()) continue;
    if ((sections_[section.sh_info].sh_flags & SHF_ALLOC) == 0) continue;
    CodeSection* code = code_section(section.sh_info);
    for (Elf64_Rela& relocation : table<Elf64_Rela>(section)) {
      if (code != nullptr) code->relocations.push_back(&relocation);
      const uint64_t symbol = ELF64_R_SYM(relocation.r_info);
      if (symbol < symbols_.size()) add_relocation(relocation, symbols_[symbol]);
    }
  }
}

}  // namespace rawposix::rewrite
