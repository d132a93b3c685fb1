// SPDX-License-Identifier: Apache-2.0
#include "cage/exit.h"

#include "cage/futex.h"

namespace rawposix::cage {
namespace {

void end_cage(Cage& cage) {
  cage.timers().remove_all();
  cage.drop_memory();
  cage.world().tree().exit(cage, cage.exit_status(), cage.usage());
}

}  // namespace

void exit_task(Task& task, int code) { task.cage().note_exit_code(static_cast<uint8_t>(code)); }

void exit_group(Task& task, int code) {
  task.cage().begin_exit({.code = static_cast<uint8_t>(code), .signal = 0});
}

void end_task(Task& task, const Usage& usage) {
  Cage& cage = task.cage();
  ProcessTree& tree = cage.world().tree();
  const pid_t tid = task.tid();
  if (task.tracer() != nullptr) task.tracer()->ended(tid, cage.exit_status());
  // Before its locks are given up: whoever comes for one now learns that the owner is gone.
  tree.remove_task(tid);
  release_memory(task);
  task.release_files();
  if (cage.task_count() > 1) tree.note_thread_end(cage, tid);
  std::shared_ptr<VforkGate> gate = std::move(task.vfork_gate);
  if (cage.remove_task(task, usage) == 0) end_cage(cage);
  if (gate != nullptr) gate->open();
}

}  // namespace rawposix::cage
