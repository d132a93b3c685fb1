// SPDX-License-Identifier: Apache-2.0
#include "cage/job_control.h"

#include <csignal>

#include "cage/task.h"

namespace rawposix::cage {

Result<> check_terminal(Task& task, uint64_t device, TerminalUse use) {
  Cage& cage = task.cage();
  ProcessTree& tree = task.world().tree();
  if (!tree.in_background(cage, device)) return {};
  const int signal = use == TerminalUse::kReading ? SIGTTIN : SIGTTOU;
  if (task.signals().mask.has(signal) || cage.signals().actions()->ignores(signal)) {
    if (use == TerminalUse::kReading) return Errno(EIO);
    return {};
  }
  const pid_t group = TRY(tree.group(cage, 0));
  if (tree.group_is_orphaned(group)) return Errno(EIO);
  tree.signal_group(group, signal);
  return sync::kRestart;
}

}  // namespace rawposix::cage
