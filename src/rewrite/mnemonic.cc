// SPDX-License-Identifier: Apache-2.0
#include "rewrite/mnemonic.h"

#include <array>

#include "rewrite/name_table.h"
#include "rewrite/string_pool.h"

namespace rawposix::rewrite {
namespace {

constexpr std::array<std::string_view, 30> kConditions = {
    "o",   "no", "b",  "c", "nae", "ae", "nb", "nc", "e",   "z",  "ne", "nz", "be", "na", "a",
    "nbe", "s",  "ns", "p", "pe",  "np", "po", "l",  "nge", "ge", "nl", "le", "ng", "g",  "nle"};

class Table {
 public:
  Table() {
#define ROW(op, suffixes, flags, names) add_row(Op::op, suffixes, flags, names);
#define COND(op, suffixes, flags, stem) add_conditions(Op::op, suffixes, flags, stem);
#define PLAIN(names) add_row(Op::kPlain, "", 0, names);
#define REFUSED(reason, names) add_refused(reason, names);
#include "rewrite/mnemonics.def"
#undef ROW
#undef COND
#undef PLAIN
#undef REFUSED
  }

  const Mnemonic* find(std::string_view name) const { return table_.find(name); }

 private:
  template <class Visitor>
  static void for_each_word(std::string_view words, Visitor visit) {
    while (!words.empty()) {
      const size_t end = words.find(' ');
      visit(words.substr(0, end));
      words.remove_prefix(end + 1);
    }
  }

  void add_row(Op op, std::string_view suffixes, uint8_t flags, std::string_view names) {
    for_each_word(names, [&](std::string_view name) { add(op, suffixes, flags, name); });
  }

  void add(Op op, std::string_view suffixes, uint8_t flags, std::string_view stem) {
    put(stem, {op, flags, 0, stem, nullptr});
    for (const char suffix : suffixes) {
      put(pool_.keep(std::string(stem) + suffix), {op, flags, suffix, stem, nullptr});
    }
  }

  // The first row for a name counts: movq is a mov before it is an SSE2 instruction.
  void put(std::string_view name, const Mnemonic& mnemonic) {
    if (table_.find(name) == nullptr) table_[name] = mnemonic;
  }

  void add_conditions(Op op, std::string_view suffixes, uint8_t flags, std::string_view stem) {
    for (const std::string_view condition : kConditions) {
      add(op, "", flags, pool_.keep(std::string(stem).append(condition)));
    }
    for (const std::string_view condition : kConditions) {
      add(op, suffixes, flags, pool_.keep(std::string(stem).append(condition)));
    }
  }

  void add_refused(const char* reason, std::string_view names) {
    for_each_word(names, [&](std::string_view name) {
      put(name, {Op::kRefused, 0, 0, name, reason});
    });
  }

  StringPool pool_;
  NameTable<Mnemonic> table_;
};

}  // namespace

const Mnemonic* find_mnemonic(std::string_view name) {
  static const Table table;
  return table.find(name);
}

}  // namespace rawposix::rewrite
