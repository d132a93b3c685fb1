// SPDX-License-Identifier: Apache-2.0
// Waiting for children.
#pragma once

#include <optional>

#include "cage/task.h"

namespace rawposix::cage {

// The next event of a child that `target` covers; empty with WNOHANG and nothing to tell. ECHILD,
// kRestart.
Result<std::optional<ChildEvent>> wait_for_child(Task& task, WaitTarget target);

}  // namespace rawposix::cage
