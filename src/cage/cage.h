// SPDX-License-Identifier: Apache-2.0
// The in-process counterpart of a Linux process: what its tasks have in common. Thread-safe. Lock
// order: kCage.
//
// A cage lives from clone() until it is reaped. Its tasks hold it, and so does the process tree.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cage/credentials.h"
#include "cage/exit_status.h"
#include "cage/rlimits.h"
#include "cage/scheduling.h"
#include "cage/signals.h"
#include "cage/timers.h"
#include "cage/usage.h"
#include "cage/world.h"
#include "fs/node.h"
#include "loader/image.h"
#include "mm/address_space.h"
#include "support/live_count.h"
#include "support/mutex.h"
#include "sync/wait_queue.h"

namespace rawposix::cage {

class Task;

// Counts for `run --stats`. Relaxed: they are read when the cage has ended.
struct Statistics {
  std::atomic<uint64_t> system_calls{0};
  std::atomic<uint64_t> system_call_time_ns{0};
  std::atomic<uint64_t> mapped_bytes{0};  // when the last task ended
};

// The fault that ended a cage, in guest addresses.
struct Crash {
  int signal;
  uint64_t instruction;
  uint64_t address;
};

// What a cage runs, for /proc/PID/exe.
struct Executable {
  fs::NodeRef file;
  // Set if the file is outside what the cage sees: the name to show.
  std::string name;
};

class Cage : public std::enable_shared_from_this<Cage> {
 public:
  struct Parts {
    std::shared_ptr<mm::AddressSpace> memory;
    std::shared_ptr<const loader::Image> image;
    Executable executable;
    std::shared_ptr<SharedActions> actions;
    Rlimits limits;
    std::string name;
  };

  Cage(World& world, pid_t pid, pid_t parent_pid, Parts parts);
  ~Cage();
  Cage(const Cage&) = delete;
  Cage& operator=(const Cage&) = delete;

  World& world() { return world_; }
  pid_t pid() const { return pid_; }
  pid_t parent_pid() const { return parent_pid_.load(std::memory_order_relaxed); }
  void set_parent_pid(pid_t pid) { parent_pid_.store(pid, std::memory_order_relaxed); }
  Statistics& statistics() { return statistics_; }

  // --- The program. Replaced by exec alone, when one task is left (exec.cc). ---
  mm::AddressSpace& address_space() { return *memory_; }
  const std::shared_ptr<mm::AddressSpace>& shared_memory() const { return memory_; }
  const std::shared_ptr<const loader::Image>& image() const { return image_; }
  // Whether another task has it, of this cage or of one that CLONE_VM made.
  bool shares_memory() const EXCLUDES(mutex_) {
    return task_count() > 1 || memory_.use_count() > 1;
  }
  // Returns the memory of the old one.
  std::shared_ptr<mm::AddressSpace> set_program(std::shared_ptr<mm::AddressSpace> memory,
                                                std::shared_ptr<const loader::Image> image,
                                                Executable executable) EXCLUDES(mutex_);
  // For other cages. No memory: it has ended.
  struct Program {
    std::shared_ptr<mm::AddressSpace> memory;
    std::shared_ptr<const loader::Image> image;
    Executable executable;
  };
  Program program() const EXCLUDES(mutex_);
  // The last task has gone.
  void drop_memory() EXCLUDES(mutex_);
  // For other cages; null once it has ended.
  std::shared_ptr<mm::AddressSpace> memory_if_alive() const EXCLUDES(mutex_);
  // Whose it is for other cages: the user of the task that has changed it last. musl and glibc
  // keep those of all tasks alike.
  Ids user() const EXCLUDES(mutex_);
  void set_user(const Ids& user) EXCLUDES(mutex_);
  // The program's name as ps shows it.
  std::string name() const EXCLUDES(mutex_);
  void set_name(std::string name) EXCLUDES(mutex_);

  Rlimits limits() const EXCLUDES(mutex_);
  rlimit limit(unsigned resource) const EXCLUDES(mutex_);
  Result<> set_limit(unsigned resource, rlimit limit) EXCLUDES(mutex_);
  // RLIMIT_FSIZE's soft one, for each write.
  rlim_t file_size_limit() const { return file_size_limit_.load(std::memory_order_relaxed); }

  // --- Tasks ---
  // False if the cage is ending: no task joins it any more.
  bool add_task(Task& task) EXCLUDES(mutex_);
  // Returns how many are left.
  size_t remove_task(Task& task, const Usage& usage) EXCLUDES(mutex_);
  std::vector<std::shared_ptr<Task>> tasks() const EXCLUDES(mutex_);
  // Of the last task, once it is gone.
  Credentials last_credentials() const EXCLUDES(mutex_);
  // Of the first task, once it is gone.
  Scheduling last_scheduling;
  size_t task_count() const EXCLUDES(mutex_);
  // Null if it is none of the cage's.
  std::shared_ptr<Task> find_task(pid_t tid) const EXCLUDES(mutex_);

  // Begins the end; the first status counts. `crash` tells more about a fault.
  void begin_exit(ExitStatus status, std::optional<Crash> crash = {}) EXCLUDES(mutex_);
  bool exiting() const { return exiting_.load(std::memory_order_acquire); }
  // Whether a task is to leave guest code for good: the cage ends, or another task executes a
  // program.
  bool ends(const Task& task) const {
    const Task* alone = alone_.load(std::memory_order_acquire);
    return exiting() || (alone != nullptr && alone != &task);
  }
  // _exit(2) of one task: the last one counts (kernel/exit.c, synchronize_group_exit()).
  void note_exit_code(uint8_t code) EXCLUDES(mutex_);
  ExitStatus exit_status() const EXCLUDES(mutex_);
  std::optional<Crash> crash() const EXCLUDES(mutex_);
  // Ends all tasks but this one and waits for it. kRestart if this one is to end itself.
  Result<> become_alone(Task& task) EXCLUDES(mutex_);
  // The last task is gone, and the parent may learn of it.
  void note_end();
  bool ended() const { return ended_.load(std::memory_order_acquire); }
  // Woken when a task has gone, and by the end.
  sync::WaitQueue& tasks_changed() { return tasks_changed_; }
  // Waits with a waiter of an ended task until no task is left; passes on the host's signals.
  void wait_for_end(sync::Waiter& waiter) EXCLUDES(mutex_);
  void stop_being_alone() { alone_.store(nullptr, std::memory_order_release); }

  // Keeps the other tasks from running guest code from its return until thaw(), so that memory can
  // be copied. Only one task does so at a time: kRestart if another is at it.
  Result<> freeze(Task& by) EXCLUDES(mutex_);
  void thaw() EXCLUDES(mutex_);
  sync::WaitQueue& thawed() { return thawed_; }
  bool frozen(const Task& task) const {
    const Task* by = freezer_.load(std::memory_order_acquire);
    return by != nullptr && by != &task;
  }

  // What its tasks have used, ended and living.
  Usage usage() const EXCLUDES(mutex_);
  Usage ended_usage() const EXCLUDES(mutex_);

  Signals& signals() { return signals_; }
  Timers& timers() { return timers_; }

  // prctl(2), PR_SET_NO_NEW_PRIVS: nothing here gains privileges anyway.
  std::atomic<bool> no_new_privileges{false};
  std::atomic<uint32_t> personality{0};
  // prctl(2), PR_SET_DUMPABLE: whether others of the same user may look into it.
  std::atomic<bool> dumpable{true};
  // membarrier(2): it has registered for the private ones.
  std::atomic<bool> memory_barriers{false};
  // /proc/PID/oom_score_adj and coredump_filter: kept and shown, without effect.
  std::atomic<int> oom_score_adjustment{0};
  std::atomic<int> least_oom_score_adjustment{0};
  std::atomic<uint32_t> core_dump_filter{0x33};
  void inherit_settings(const Cage& parent);

  // On CLOCK_BOOTTIME.
  int64_t start_time_ns() const { return start_time_ns_; }

  // Woken when something happens to a child.
  sync::WaitQueue& child_events() { return child_events_; }

 private:
  // Has tasks look at what happened, wherever they are.
  void rouse(const Task* except) REQUIRES(mutex_);

  World& world_;
  const pid_t pid_;
  const int64_t start_time_ns_;
  std::atomic<pid_t> parent_pid_;
  std::shared_ptr<mm::AddressSpace> memory_;
  std::shared_ptr<const loader::Image> image_;
  Statistics statistics_;
  sync::WaitQueue child_events_;
  sync::WaitQueue tasks_changed_;
  sync::WaitQueue thawed_;
  Signals signals_;
  Timers timers_;

  mutable Mutex mutex_{LockRank::kCage};
  std::string name_ GUARDED_BY(mutex_);
  Executable executable_ GUARDED_BY(mutex_);
  Ids user_ GUARDED_BY(mutex_);
  Rlimits limits_ GUARDED_BY(mutex_);
  std::atomic<rlim_t> file_size_limit_;
  std::vector<Task*> tasks_ GUARDED_BY(mutex_);
  Usage ended_usage_ GUARDED_BY(mutex_);
  Credentials last_credentials_ GUARDED_BY(mutex_);
  ExitStatus exit_status_ GUARDED_BY(mutex_);
  std::optional<Crash> crash_ GUARDED_BY(mutex_);
  std::atomic<bool> exiting_{false};
  std::atomic<bool> ended_{false};
  std::atomic<Task*> alone_{nullptr};
  std::atomic<Task*> freezer_{nullptr};
  LiveCount<Cage> live_;
};

}  // namespace rawposix::cage
