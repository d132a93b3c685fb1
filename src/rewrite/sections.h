// SPDX-License-Identifier: Apache-2.0
// Which section a statement is in, and what kind of section that is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rewrite/name_table.h"
#include "rewrite/statement.h"
#include "rewrite/string_pool.h"

namespace rawposix::rewrite {

enum class SectionKind : uint8_t {
  kCode,    // executable
  kData,    // otherwise part of the program's memory
  kUnwind,  // .eh_frame: addresses there are no branch targets
  kOther,   // debug information, notes, link-time optimisation
};

struct Section {
  std::string_view name;
  std::string_view enter;  // the statement that switches to it
  SectionKind kind;
  int64_t last_subsection = 0;
};

class Sections {
 public:
  Sections();

  // Takes a directive into account; false where it doesn't switch sections.
  bool apply(const Statement& directive);
  const Section& current() const { return sections_[current_.section]; }
  const std::vector<Section>& all() const { return sections_; }

 private:
  struct Place {
    size_t section = 0;
    int64_t subsection = 0;
  };

  void go(Place place);
  size_t named(std::string_view name, std::string_view arguments, bool push);
  size_t simple(std::string_view directive);
  size_t add(std::string_view key, std::string_view name, std::string_view enter, SectionKind kind);

  StringPool pool_;
  std::vector<Section> sections_;
  NameTable<size_t> index_;  // of the key, plus one
  Place current_;
  Place previous_;
  struct Saved {
    Place current;
    Place previous;
  };
  std::vector<Saved> stack_;
};

}  // namespace rawposix::rewrite
