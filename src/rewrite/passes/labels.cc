// SPDX-License-Identifier: Apache-2.0
#include "rewrite/passes/labels.h"

namespace rawposix::rewrite {

bool LabelPass::needs_alignment(std::string_view label) {
  if (NumericLabels::is_numeric(label)) return symbols_.is_branch_target(numeric_.define(label));
  return symbols_.is_branch_target(label);
}

}  // namespace rawposix::rewrite
