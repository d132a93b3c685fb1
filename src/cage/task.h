// SPDX-License-Identifier: Apache-2.0
// One thread of execution of a cage. Its own thread alone uses it, but for what says otherwise.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cage/cage.h"
#include "cage/credentials.h"
#include "cage/task_signals.h"
#include "fs/fd_table.h"
#include "fs/fs_view.h"
#include "host/thread.h"
#include "sfi/context.h"
#include "support/live_count.h"
#include "sync/waiter.h"

namespace rawposix::cage {

// Told of what a traced task does, by the task; several may call at once.
class Tracer {
 public:
  virtual ~Tracer() = default;
  // One finished line about a system call, without a newline.
  virtual void line(pid_t tid, std::string_view text) = 0;
  // It acts on a signal: a handler runs or the default action is taken.
  virtual void signal(pid_t tid, const abi::Siginfo& info) = 0;
  virtual void stopped(pid_t tid, int signal) = 0;
  virtual void ended(pid_t tid, const ExitStatus& status) = 0;
  // Whether tasks that a traced one makes are traced, too.
  virtual bool follows() const = 0;
};

// Lets a parent go on that vfork() stopped: its child has executed a program or ended.
class VforkGate {
 public:
  void open();
  bool is_open() const { return open_.load(std::memory_order_acquire); }
  sync::WaitQueue& queue() { return queue_; }

 private:
  std::atomic<bool> open_{false};
  sync::WaitQueue queue_;
};

class Task;

// What a task waits with, by which files recognise it.
struct TaskWaiter : sync::Waiter {
  explicit TaskWaiter(Task& own) : task(own) {}
  Task& task;
};

class Task : public std::enable_shared_from_this<Task> {
 public:
  struct Parts {
    std::shared_ptr<fs::FdTable> fds;
    std::shared_ptr<fs::FsView> view;
    Credentials credentials;
  };

  Task(std::shared_ptr<Cage> cage, pid_t tid, Parts parts, Tracer* tracer);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  Cage& cage() const { return *cage_; }
  World& world() const { return cage_->world(); }
  pid_t tid() const { return tid_.load(std::memory_order_relaxed); }
  // exec by a thread other than the first.
  void set_tid(pid_t tid) { tid_.store(tid, std::memory_order_relaxed); }
  bool is_leader() const { return tid() == cage_->pid(); }
  // As ps shows it; the first task's is the cage's.
  std::string name() const EXCLUDES(mutex_);
  void set_name(std::string name) EXCLUDES(mutex_);
  // On CLOCK_BOOTTIME.
  int64_t start_time_ns() const { return start_time_ns_; }
  mm::GuestMemory memory() const { return mm::GuestMemory(base_); }
  // The cage has another address space, and this task runs in it from now on.
  void enter_memory();

  fs::FdTable& fds() const { return *parts_.fds; }
  fs::FsView& view() const { return *parts_.view; }
  const Parts& parts() const { return parts_; }
  // exec and unshare(): files of its own.
  void set_fds(std::shared_ptr<fs::FdTable> fds) EXCLUDES(mutex_);
  void set_view(std::shared_ptr<fs::FsView> view) EXCLUDES(mutex_);
  // At its end; the last user closes them.
  void release_files() EXCLUDES(mutex_);

  // --- Its files, for other threads. They get no hold on the tables: who else uses one decides
  // what exec does. ENOENT once they are released. ---
  struct OpenFile {
    fs::FileRef file;
    fs::CloseOnExec close_on_exec;
  };
  Result<OpenFile> open_file(fs::FdNum fd) const EXCLUDES(mutex_);
  Result<std::vector<int>> open_numbers() const EXCLUDES(mutex_);
  struct View {
    fs::NodeRef root;
    fs::NodeRef working_directory;
    mode_t umask;
  };
  Result<View> files_view() const EXCLUDES(mutex_);

  // For its own thread, which alone changes them.
  const Credentials& credentials() const { return parts_.credentials; }
  void set_credentials(Credentials credentials) EXCLUDES(mutex_);
  // For others.
  Credentials copy_credentials() const EXCLUDES(mutex_);
  // sched_setaffinity(2): the processors that it may use, as bits. Those of its host thread, which
  // gets its own back when the task ends. EINVAL, ESRCH.
  Result<> set_processors(std::vector<std::byte> bits) EXCLUDES(mutex_);
  // Empty: all that the process may use.
  std::vector<std::byte> processors() const EXCLUDES(mutex_);
  // Before it runs: processors, policy, nice value.
  void inherit_scheduling(const Task& from) EXCLUDES(mutex_);
  Scheduling scheduling;

  sfi::Context& context() { return context_; }
  const sfi::Context& context() const { return context_; }
  sync::Waiter& waiter() { return waiter_; }
  // The task that waits with it; all but those of tests are tasks'.
  static Task& of(sync::Waiter& waiter) { return static_cast<TaskWaiter&>(waiter).task; }
  TaskSignals& signals() { return signals_; }
  const TaskSignals& signals() const { return signals_; }

  // Whether calls are traced or counted; kept in one flag for the fast path.
  bool observed() const { return observed_; }
  void count_calls() { observed_ = true; }
  Tracer* tracer() const { return tracer_; }

  // The guest's set_tid_address() and set_robust_list(), for the end of the task. Others may ask
  // for the list.
  uint64_t clear_child_tid = 0;
  std::atomic<uint64_t> robust_list{0};
  // A call that waits with a deadline keeps it here when it is interrupted, for when it goes on.
  std::optional<sync::Deadline> restart_deadline;
  std::shared_ptr<VforkGate> vfork_gate;

  // CPU time that the task has used, in nanoseconds.
  int64_t cpu_time_ns() const;
  // All that it has used on its own thread; the times alone on others.
  Usage usage() const;
  // For other threads: what Linux shows of the thread that it runs on, as far as that is the
  // task's. The state is one of R, S, D.
  struct Observed {
    Usage usage;
    char state = 'S';
    int processor = 0;
  };
  Observed observe() const;
  host::ThreadSwitches switches() const;

  // Runs the task on the calling thread until it ends, and buries it.
  void run();
  // On the same thread, after run(): until the cage has ended, of which other tasks may be left.
  void outlive_cage();
  // Runs it on a thread of the world's. EAGAIN.
  Result<> start();
  // From any thread: makes the task look soon at what happened to it (attend.h).
  void interrupt();
  // The same, and waits until it is not in guest code.
  void leave_guest();

 private:
  void finish();
  // Gives the host thread the task's processors, or its own again.
  void take_processors() EXCLUDES(mutex_);
  void give_back_processors() EXCLUDES(mutex_);

  const World::Presence presence_;
  const std::shared_ptr<Cage> cage_;
  std::atomic<pid_t> tid_;
  const int64_t start_time_ns_;
  // Between threads: credentials, name, and which files it has.
  mutable Mutex mutex_{LockRank::kTask};
  std::string name_ GUARDED_BY(mutex_);
  Parts parts_;
  std::vector<std::byte> processors_ GUARDED_BY(mutex_);
  pid_t placed_thread_ GUARDED_BY(mutex_) = 0;  // that has them; 0: not running
  std::byte* base_;
  bool observed_;
  Tracer* const tracer_;
  // Of the host thread, when the task began.
  Usage usage_before_;
  TaskWaiter waiter_{*this};
  TaskSignals signals_;
  LiveCount<Task> live_;
  sfi::Context context_;
};

}  // namespace rawposix::cage
