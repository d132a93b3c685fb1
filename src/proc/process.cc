// SPDX-License-Identifier: Apache-2.0
#include "proc/process.h"

#include <utility>

namespace rawposix::proc {

Result<ProcessHandle> ProcessHandle::find(cage::World& world, pid_t pid) {
  if (std::shared_ptr<cage::Cage> cage = world.tree().find(pid)) {
    return ProcessHandle(cage, {}, pid, pid, Scope::kProcess);
  }
  std::shared_ptr<cage::Task> task = world.tree().find_task(pid);
  if (task == nullptr) return Errno(ENOENT);
  std::shared_ptr<cage::Cage> cage = task->cage().shared_from_this();
  const pid_t leader = cage->pid();
  return ProcessHandle(std::move(cage), std::move(task), leader, pid, Scope::kProcess);
}

Result<ProcessHandle> ProcessHandle::find_thread(cage::World& world, pid_t pid, pid_t tid) {
  std::shared_ptr<cage::Cage> cage = world.tree().find(pid);
  if (cage == nullptr) return Errno(ENOENT);
  // The first one is there as long as the process.
  if (tid == pid) return ProcessHandle(std::move(cage), {}, pid, tid, Scope::kThread);
  std::shared_ptr<cage::Task> task = world.tree().find_task(tid);
  if (task == nullptr || &task->cage() != cage.get()) return Errno(ENOENT);
  return ProcessHandle(std::move(cage), std::move(task), pid, tid, Scope::kThread);
}

Result<Process> ProcessHandle::get() const {
  Process process;
  process.cage = cage_.lock();
  if (process.cage == nullptr) return Errno(ESRCH);
  cage::ProcessTree& tree = process.cage->world().tree();
  // Others may hold a cage that has been reaped.
  if (tree.find(pid_) != process.cage) return Errno(ESRCH);
  std::optional<cage::ProcessTree::Relations> relations = tree.relations(pid_);
  if (!relations) return Errno(ESRCH);
  process.relations = *relations;
  process.id = id_;
  process.scope = scope_;
  process.task = tree.find_task(id_);
  if (process.task != nullptr && &process.task->cage() != process.cage.get()) {
    process.task = nullptr;
  }
  if (id_ != pid_ && (process.task == nullptr || process.task != task_.lock())) return Errno(ESRCH);
  return process;
}

char Process::state(char host_state) const {
  if (relations.zombie || task == nullptr) return 'Z';
  if (cage->signals().snapshot(task.get()).stopped) return 'T';
  return host_state == 'R' || host_state == 'D' ? host_state : 'S';
}

char Process::state() const {
  if (relations.zombie || task == nullptr) return 'Z';
  return state(task->observe().state);
}

std::string Process::name() const { return task != nullptr ? task->name() : cage->name(); }

cage::Credentials Process::credentials() const {
  return cage::ProcessTree::Bearer{cage, task}.credentials();
}

std::vector<std::shared_ptr<cage::Task>> Process::tasks() const {
  if (scope == Scope::kProcess) return cage->tasks();
  std::vector<std::shared_ptr<cage::Task>> one;
  if (task != nullptr) one.push_back(task);
  return one;
}

}  // namespace rawposix::proc
