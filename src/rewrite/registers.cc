// SPDX-License-Identifier: Apache-2.0
#include "rewrite/registers.h"

#include <array>
#include <string>

#include "rewrite/name_table.h"
#include "rewrite/string_pool.h"
#include "support/check.h"

namespace rawposix::rewrite {
namespace {

using Kind = RegisterKind;
using Names = std::array<std::string_view, 16>;

constexpr Names kQuads = {"%rax", "%rcx", "%rdx", "%rbx", "%rsp", "%rbp", "%rsi", "%rdi",
                          "%r8",  "%r9",  "%r10", "%r11", "%r12", "%r13", "%r14", "%r15"};
constexpr Names kLongs = {"%eax", "%ecx", "%edx",  "%ebx",  "%esp",  "%ebp",  "%esi",  "%edi",
                          "%r8d", "%r9d", "%r10d", "%r11d", "%r12d", "%r13d", "%r14d", "%r15d"};
constexpr Names kWords = {"%ax",  "%cx",  "%dx",   "%bx",   "%sp",   "%bp",   "%si",   "%di",
                          "%r8w", "%r9w", "%r10w", "%r11w", "%r12w", "%r13w", "%r14w", "%r15w"};
constexpr Names kBytes = {"%al",  "%cl",  "%dl",   "%bl",   "%spl",  "%bpl",  "%sil",  "%dil",
                          "%r8b", "%r9b", "%r10b", "%r11b", "%r12b", "%r13b", "%r14b", "%r15b"};
constexpr std::array<std::string_view, 4> kHighBytes = {"%ah", "%ch", "%dh", "%bh"};
constexpr std::array<std::string_view, 6> kSegments = {"%es", "%cs", "%ss", "%ds", "%fs", "%gs"};

class Registers {
 public:
  Registers() {
    add_all(Kind::kQuad, kQuads, 0);
    add_all(Kind::kLong, kLongs, 0);
    add_all(Kind::kWord, kWords, 0);
    add_all(Kind::kByte, kBytes, 0);
    add_all(Kind::kHighByte, kHighBytes, 4);
    add_all(Kind::kSegment, kSegments, 0);
    add_numbered("xmm", Kind::kXmm, 32);
    add_numbered("ymm", Kind::kYmm, 32);
    add_numbered("zmm", Kind::kZmm, 32);
    add_numbered("mm", Kind::kMmx, 8);
    add_numbered("k", Kind::kMask, 8);
    for (const char* stem : {"cr", "dr", "db", "tr", "tmm"}) add_numbered(stem, Kind::kSystem, 16);
    add_numbered("bnd", Kind::kSystem, 4);
    table_["st"] = {Kind::kX87, 0};
    table_["rip"] = {Kind::kIp, 0};
    table_["eip"] = {Kind::kEip, 0};
    table_["riz"] = table_["eiz"] = {Kind::kZero, 0};
  }

  const Register* find(std::string_view name) const { return table_.find(name); }
  std::string_view vector_name(Register r) const { return vectors_[vector_index(r)]; }

 private:
  template <class Array>
  void add_all(Kind kind, const Array& names, uint8_t first) {
    uint8_t number = first;
    for (const std::string_view name : names) table_[name.substr(1)] = {kind, number++};
  }

  void add_numbered(const char* stem, Kind kind, uint8_t count) {
    for (uint8_t n = 0; n < count; ++n) {
      const std::string_view name = pool_.keep('%' + (stem + std::to_string(n)));
      table_[name.substr(1)] = {kind, n};
      if (Register{kind, n}.is_vector()) vectors_[vector_index({kind, n})] = name;
    }
  }

  static size_t vector_index(Register r) {
    return (static_cast<size_t>(r.kind) - static_cast<size_t>(Kind::kXmm)) * 32 + r.number;
  }

  StringPool pool_;
  NameTable<Register> table_;
  std::array<std::string_view, 96> vectors_;
};

const Registers& registers() {
  static const Registers table;
  return table;
}

}  // namespace

std::optional<Register> find_register(std::string_view name) {
  const Register* found = registers().find(name);
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::string_view register_name(Register r) {
  switch (r.kind) {
    case Kind::kQuad:
      return kQuads[r.number];
    case Kind::kLong:
      return kLongs[r.number];
    case Kind::kWord:
      return kWords[r.number];
    case Kind::kByte:
      return kBytes[r.number];
    case Kind::kHighByte:
      return kHighBytes[r.number - 4];
    case Kind::kSegment:
      return kSegments[r.number];
    case Kind::kIp:
      return "%rip";
    case Kind::kEip:
      return "%eip";
    default:
      CHECK(r.is_vector());
  }
  return registers().vector_name(r);
}

}  // namespace rawposix::rewrite
