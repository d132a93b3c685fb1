// SPDX-License-Identifier: Apache-2.0
// The processes and threads that directories of /proc are about.
#pragma once

#include <memory>

#include "cage/cage.h"
#include "cage/process_tree.h"
#include "cage/task.h"
#include "cage/world.h"
#include "support/result.h"

namespace rawposix::proc {

enum class Scope : uint8_t { kProcess, kThread };

// One, as it is at the moment.
struct Process {
  std::shared_ptr<cage::Cage> cage;
  // The thread; of a process the first one. Null once it is gone, while others, or the zombie, are
  // left.
  std::shared_ptr<cage::Task> task;
  cage::ProcessTree::Relations relations;
  pid_t id = 0;
  Scope scope = Scope::kProcess;

  cage::World& world() const { return cage->world(); }
  // As in /proc/PID/stat.
  char state() const;
  char state(char host_state) const;
  std::string name() const;
  cage::Credentials credentials() const;
  std::vector<std::shared_ptr<cage::Task>> tasks() const;
};

// Names one for good: once it has ended, nothing else that gets its number is taken for it.
class ProcessHandle {
 public:
  // ENOENT. As on Linux a thread's number will do, too.
  static Result<ProcessHandle> find(cage::World& world, pid_t pid);
  static Result<ProcessHandle> find_thread(cage::World& world, pid_t pid, pid_t tid);

  // ESRCH once it is gone.
  Result<Process> get() const;
  pid_t id() const { return id_; }
  Scope scope() const { return scope_; }

 private:
  ProcessHandle(std::weak_ptr<cage::Cage> cage, std::weak_ptr<cage::Task> task, pid_t pid, pid_t id,
                Scope scope)
      : cage_(std::move(cage)), task_(std::move(task)), pid_(pid), id_(id), scope_(scope) {}

  std::weak_ptr<cage::Cage> cage_;
  std::weak_ptr<cage::Task> task_;  // of a thread
  pid_t pid_;
  pid_t id_;
  Scope scope_;
};

}  // namespace rawposix::proc
