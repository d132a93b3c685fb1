// SPDX-License-Identifier: Apache-2.0
#include "support/errno.h"

#include <cstring>

namespace rawposix {

const char* Errno::name() const {
  const char* name = strerrorname_np(number_);
  return name != nullptr ? name : "E?";
}

const char* Errno::message() const {
  const char* text = strerrordesc_np(number_);
  return text != nullptr ? text : "Unknown error";
}

}  // namespace rawposix
