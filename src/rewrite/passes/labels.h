// SPDX-License-Identifier: Apache-2.0
// Labels that indirect branches may reach start a bundle.
#pragma once

#include <string_view>

#include "rewrite/symbols.h"

namespace rawposix::rewrite {

class LabelPass {
 public:
  explicit LabelPass(const Symbols& symbols) : symbols_(symbols) {}

  // To be asked once for every label, in order.
  bool needs_alignment(std::string_view label);

 private:
  const Symbols& symbols_;
  NumericLabels numeric_;
};

}  // namespace rawposix::rewrite
