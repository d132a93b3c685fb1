// SPDX-License-Identifier: Apache-2.0
// How a call that a signal interrupted goes on, in Linux's own numbers (include/linux/errno.h).
// Only handlers and the waiting below them see these; guests see EINTR or a call that started
// again.
#pragma once

#include "support/errno.h"

namespace rawposix::sync {

// Again if no handler ran or all that ran have SA_RESTART; else EINTR. ERESTARTSYS.
inline constexpr Errno kRestart(512);
// Again whatever handler ran. ERESTARTNOINTR.
inline constexpr Errno kRestartAlways(513);
// Again only if no handler ran. ERESTARTNOHAND.
inline constexpr Errno kRestartUnlessHandled(514);
// The same, and the call goes on with the time that was left: it has kept its deadline in the task.
// ERESTART_RESTARTBLOCK.
inline constexpr Errno kRestartWithDeadline(516);

constexpr bool is_restart(Errno error) {
  return error == kRestart || error == kRestartAlways || error == kRestartUnlessHandled ||
         error == kRestartWithDeadline;
}

}  // namespace rawposix::sync
