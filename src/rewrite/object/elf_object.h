// SPDX-License-Identifier: Apache-2.0
// A relocatable ELF64 object in memory, as far as code is concerned. The object comes from the
// assembler we ran; it is checked all the same, as a truncated one must not crash us.
#pragma once

#include <elf.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rewrite/refusal.h"
#include "support/result.h"

namespace rawposix::rewrite {

class ElfObject {
 public:
  struct CodeSection {
    uint16_t index;
    std::span<uint8_t> bytes;
    std::vector<Elf64_Rela*> relocations;  // ascending by offset
    // Offsets that symbols and relocations of other code and data name, ascending: places where an
    // instruction has to start.
    std::vector<uint64_t> targets;
  };

  // `file` has to outlive the object; what the sections' spans show is its memory.
  static Result<ElfObject, Refusal> parse(std::span<uint8_t> file);

  std::vector<CodeSection>& code() { return code_; }

 private:
  explicit ElfObject(std::span<uint8_t> file) : file_(file) {}

  template <class T>
  std::span<T> table(const Elf64_Shdr& section) const;
  CodeSection* code_section(uint64_t index);
  Result<void, Refusal> read_sections();
  void find_code();
  void add_symbols();
  void add_relocations();
  void add_relocation(Elf64_Rela& relocation, const Elf64_Sym& symbol);

  std::span<uint8_t> file_;
  std::span<Elf64_Shdr> sections_;
  std::span<Elf64_Sym> symbols_;
  std::vector<CodeSection> code_;
};

}  // namespace rawposix::rewrite
