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

void exit_task(Task& task, int code) {
  task.cage().note_exit_code(task, static_cast<uint8_t>(code));
}

void exit_group(Task& task, int code) {
  task.cage().begin_exit({.code = static_cast<uint8_t>(code), .signal = 0});
}

void end_task(Task& task, const Usage& usage) {
  Cage& cage = task.cage();
  release_robust_list(task);
  if (task.clear_child_tid != 0) {
    // Nobody to tell if it can't be written (kernel/fork.c, mm_release()).
    mm::GuestAddr word{task.clear_child_tid};
    static_cast<void>(task.memory().write(mm::UserOut<int32_t>(word), 0));
    for (FutexScope scope : {FutexScope::kPrivate, FutexScope::kShared}) {
      Result<sync::Futex> futex = futex_at(task, word, scope);
      if (futex.ok()) cage.world().futexes().wake(futex.value().key, 1);
    }
  }
  task.release_files();
  cage.world().tree().remove_task(task.tid());
  std::shared_ptr<VforkGate> gate = std::move(task.vfork_gate);
  if (cage.remove_task(task, usage) == 0) end_cage(cage);
  if (gate != nullptr) gate->open();
}

}  // namespace rawposix::cage
