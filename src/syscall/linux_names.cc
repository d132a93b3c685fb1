// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "syscall/table.h"

namespace rawposix::syscall {
namespace {

// Plain characters instead of pointers: nothing to relocate when the program starts.
struct Name {
  uint16_t number;
  char text[28];
};

// Ascending, made by the build from the host's <asm/unistd_64.h>.
constexpr Name kNames[] = {
#include "linux_names.inc"
};

}  // namespace

const char* linux_name(uint64_t number) {
  const Name* found =
      std::lower_bound(std::begin(kNames), std::end(kNames), number,
                       [](const Name& name, uint64_t n) { return name.number < n; });
  return found != std::end(kNames) && found->number == number ? found->text : nullptr;
}

}  // namespace rawposix::syscall
