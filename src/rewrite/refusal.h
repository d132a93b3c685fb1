// SPDX-License-Identifier: Apache-2.0
// Why a statement can't be rewritten, for the user.
#pragma once

#include <string>

namespace rawposix::rewrite {

struct Refusal {
  std::string reason;
};

}  // namespace rawposix::rewrite
