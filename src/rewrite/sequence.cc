// SPDX-License-Identifier: Apache-2.0
#include "rewrite/sequence.h"

namespace rawposix::rewrite {

void print_sequence(const Sequence& sequence, std::string& out) {
  bool first = true;
  for (const Item& item : sequence.items()) {
    if (!first) out += "; ";
    first = false;
    if (item.directive.empty()) {
      print_instruction(item.instruction, out);
    } else {
      out += item.directive;
    }
  }
}

}  // namespace rawposix::rewrite
