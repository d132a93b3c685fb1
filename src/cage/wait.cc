// SPDX-License-Identifier: Apache-2.0
#include "cage/wait.h"

#include <sys/wait.h>

namespace rawposix::cage {

Result<std::optional<ChildEvent>> wait_for_child(Task& task, WaitTarget target) {
  target.asker = task.tid();
  Cage& cage = task.cage();
  ProcessTree& tree = task.world().tree();
  std::optional<ChildEvent> event = TRY(tree.poll_child(cage, target));
  if (event || (target.options & WNOHANG) != 0) return event;
  sync::WaitQueue::Entry entry(cage.child_events(), task.waiter());
  Result<> parked;
  while (true) {
    event = TRY(tree.poll_child(cage, target));
    if (event) return event;
    // Only now: the child's end may itself have sent the signal (kernel/exit.c, do_wait()).
    TRY(parked);
    parked = task.waiter().park();
  }
}

}  // namespace rawposix::cage
