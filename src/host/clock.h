// SPDX-License-Identifier: Apache-2.0
// The host's clocks. Reading the common ones stays in user space (vDSO).
#pragma once

#include <ctime>

#include "support/result.h"

namespace rawposix::host {

Result<timespec> now(clockid_t clock);
Result<timespec> resolution(clockid_t clock);

}  // namespace rawposix::host
