// SPDX-License-Identifier: Apache-2.0
// Who may see what: modes of files, and ptrace's rule for what is inside a process.
#pragma once

#include "cage/credentials.h"
#include "cage/task.h"
#include "proc/node.h"
#include "proc/process.h"

namespace rawposix::proc {

enum class AsWhom : uint8_t { kEffective, kReal };

// fs/namei.c, generic_permission(). EACCES.
Result<> check_mode(const cage::Credentials& who, AsWhom as, const Owner& owner, mode_t mode,
                    int wanted);

// kernel/ptrace.c, __ptrace_may_access() with PTRACE_MODE_READ_FSCREDS. A null viewer may not.
bool may_inspect(const cage::Task* viewer, const Process& process);

}  // namespace rawposix::proc
