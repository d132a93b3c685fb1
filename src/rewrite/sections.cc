// SPDX-License-Identifier: Apache-2.0
#include "rewrite/sections.h"

#include <algorithm>

#include "rewrite/expression.h"
#include "rewrite/text.h"

namespace rawposix::rewrite {
namespace {

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

bool is_family(std::string_view name, std::string_view stem) {
  return name == stem || (name.starts_with(stem) && name[stem.size()] == '.');
}

// gas's defaults for a section first named without flags.
SectionKind default_kind(std::string_view name) {
  for (const std::string_view stem : {".text", ".init", ".fini", ".plt", ".gnu.linkonce.t"}) {
    if (is_family(name, stem)) return SectionKind::kCode;
  }
  for (const std::string_view stem :
       {".data", ".data1", ".bss", ".rodata", ".rodata1", ".tdata", ".tbss", ".init_array",
        ".fini_array", ".preinit_array", ".ctors", ".dtors", ".got", ".gnu.linkonce.d",
        ".gnu.linkonce.r", ".gnu.linkonce.b", ".gcc_except_table"}) {
    if (is_family(name, stem)) return SectionKind::kData;
  }
  return name == ".eh_frame" ? SectionKind::kUnwind : SectionKind::kOther;
}

SectionKind kind_by_flags(std::string_view name, std::string_view flags) {
  if (name == ".eh_frame") return SectionKind::kUnwind;
  if (flags.find('x') != std::string_view::npos) return SectionKind::kCode;
  if (flags.find('a') != std::string_view::npos) return SectionKind::kData;
  return SectionKind::kOther;
}

}  // namespace

Sections::Sections() { simple(".text"); }

size_t Sections::add(std::string_view key, std::string_view name, std::string_view enter,
                     SectionKind kind) {
  size_t& place = index_[key];
  if (place == 0) {
    sections_.push_back({name, enter, kind});
    place = sections_.size();
  }
  return place - 1;
}

size_t Sections::simple(std::string_view directive) {
  return add(directive, directive, directive,
             directive == ".text" ? SectionKind::kCode : SectionKind::kData);
}

size_t Sections::named(std::string_view name, std::string_view arguments, bool push) {
  std::string_view flags;
  std::string_view group;
  size_t position = 0;
  for_each_argument(arguments, [&](std::string_view piece) {
    // .pushsection may have a subsection between the name and the flags.
    if (push && position == 1 && !piece.empty() && piece.front() != '"') return true;
    if (position == 1) flags = unquote(piece);
    if (position >= 3 && piece != "comdat" && piece.find_first_not_of("0123456789") != piece.npos) {
      group = piece;
    }
    ++position;
    return true;
  });
  std::string_view key = name;
  if (!group.empty()) key = pool_.keep(std::string(name).append(",").append(group));
  if (const size_t* known = index_.find(key); known != nullptr) return *known - 1;
  const SectionKind kind =
      flags.data() == nullptr ? default_kind(name) : kind_by_flags(name, flags);
  if (push) {
    std::string plain(leading_name(name) == name ? name : std::string("\"").append(name) + '"');
    if (const size_t quote = arguments.find('"', 1); quote != std::string_view::npos) {
      plain.append(",").append(arguments.substr(quote));
    }
    arguments = pool_.keep(plain);
  }
  return add(key, name, pool_.keep(std::string(".section ").append(arguments)), kind);
}

void Sections::go(Place place) {
  previous_ = current_;
  current_ = place;
  Section& section = sections_[place.section];
  section.last_subsection = std::max(section.last_subsection, place.subsection);
}

bool Sections::apply(const Statement& directive) {
  const std::string_view name = directive.name();
  if (name.size() < 4) return false;
  const std::string_view arguments = directive.arguments();
  if (name == ".text" || name == ".data" || name == ".bss") {
    go({simple(name), evaluate(arguments).value_or(0)});
  } else if (name == ".section" || name == ".section.s" || name == ".pushsection") {
    const bool push = name == ".pushsection";
    std::string_view first;
    std::string_view second;
    size_t position = 0;
    for_each_argument(arguments, [&](std::string_view piece) {
      (position == 0 ? first : second) = piece;
      return ++position < 2;
    });
    if (push) stack_.push_back({current_, previous_});
    go({named(unquote(first), arguments, push), push ? evaluate(second).value_or(0) : 0});
  } else if (name == ".popsection") {
    if (stack_.empty()) return true;
    current_ = stack_.back().current;
    previous_ = stack_.back().previous;
    stack_.pop_back();
  } else if (name == ".previous") {
    std::swap(current_, previous_);
  } else if (name == ".subsection") {
    go({current_.section, evaluate(arguments).value_or(0)});
  } else {
    return false;
  }
  return true;
}

}  // namespace rawposix::rewrite
