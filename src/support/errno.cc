// SPDX-License-Identifier: Apache-2.0
#include "support/errno.h"

#include <cstddef>

namespace rawposix {
namespace {

// Characters instead of pointers to them: those would have to be relocated at each start.
struct Row {
  int number;
  char name[16];
  char text[50];
};

constexpr Row kRows[] = {
#define X(name, text) {name, #name, text},
#include "support/errno.def"
#undef X
};

const Row* find(int number) {
  for (const Row& row : kRows) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

}  // namespace

const char* Errno::name() const {
  const Row* row = find(number_);
  return row != nullptr ? row->name : "E?";
}

const char* Errno::message() const {
  if (number_ == 0) return "Success";
  const Row* row = find(number_);
  return row != nullptr ? row->text : "Unknown error";
}

}  // namespace rawposix
