// SPDX-License-Identifier: Apache-2.0
// The signals of a cage: who is sent what, who takes it, and what stops and continues it
// (kernel/signal.c). Thread-safe. Lock order: kSignals, then kActions of what it shares.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "cage/usage.h"
#include "sfi/context.h"
#include "signal/actions.h"
#include "signal/pending.h"
#include "signal/siginfo.h"
#include "support/mutex.h"
#include "support/result.h"
#include "sync/deadline.h"
#include "sync/wait_queue.h"

namespace rawposix::cage {

class Cage;
class Task;

// Shared by the tasks of a cage, and by cages that CLONE_SIGHAND made.
class SharedActions {
 public:
  signal::Action get(int signal) const EXCLUDES(mutex_);
  // Returns the one before.
  signal::Action set(int signal, const signal::Action& action) EXCLUDES(mutex_);
  bool ignores(int signal) const EXCLUDES(mutex_);
  void reset_for_exec() EXCLUDES(mutex_);
  std::shared_ptr<SharedActions> copy() const EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_{LockRank::kActions};
  signal::Actions actions_ GUARDED_BY(mutex_);
};

class Signals {
 public:
  Signals(Cage& cage, std::shared_ptr<SharedActions> actions);

  // For the cage's own tasks.
  const std::shared_ptr<SharedActions>& actions() const RAWPOSIX_TSA(no_thread_safety_analysis) {
    return actions_;
  }

  // --- Tasks come and go ---
  void add(Task& task) EXCLUDES(mutex_);
  void remove(Task& task) EXCLUDES(mutex_);
  // The one task that is left: handlers, alternate stack and what else exec does away with.
  void reset_for_exec(Task& task) EXCLUDES(mutex_);

  // --- Sending, from any thread ---
  // To whichever task takes it. EAGAIN: too many are queued.
  Result<> send(const abi::Siginfo& info) EXCLUDES(mutex_);
  Result<> send_to(Task& task, const abi::Siginfo& info) EXCLUDES(mutex_);
  // A timer's, to a task or to the cage.
  void send_of_timer(Task* target, const abi::Siginfo& info) EXCLUDES(mutex_);
  void send_from_kernel(int signal) EXCLUDES(mutex_);
  void notify_of_child(int signal, int code, const Cage& child, int status, const Usage& usage)
      EXCLUDES(mutex_);
  // What SIGCHLD's action says of children that end (man 2 wait4).
  struct ChildrensEnds {
    bool signalled = true;  // false: SIGCHLD is ignored, it isn't even sent
    bool zombies = true;    // false: that, or SA_NOCLDWAIT
  };
  ChildrensEnds childrens_ends() const;
  // A signal that the task's own doing has caused and that it can't put off: if it is blocked or
  // ignored, the default action is taken (force_sig_info()).
  void force(Task& task, const abi::Siginfo& info, const sfi::Fault* fault) EXCLUDES(mutex_);

  // --- Taking, from the task's own thread ---
  struct Delivery {
    abi::Siginfo info;
    signal::Action action;  // after SA_RESETHAND
    std::optional<sfi::Fault> fault;
  };
  // The next signal that does something; those that are ignored are dropped.
  std::optional<Delivery> take(Task& task) EXCLUDES(mutex_);
  // A handler is about to run: blocks what its action says.
  void enter_handler(Task& task, int signal, const signal::Action& action) EXCLUDES(mutex_);
  // Sets the mask and has the task look at what that lets through.
  void set_mask(Task& task, signal::SignalSet mask) EXCLUDES(mutex_);
  // For the time of one call: the old mask comes back by restore_mask(), or with the handler's end.
  void set_temporary_mask(Task& task, signal::SignalSet mask) EXCLUDES(mutex_);
  void restore_mask(Task& task) EXCLUDES(mutex_);
  // rt_sigpending(2).
  signal::SignalSet pending(const Task& task) const EXCLUDES(mutex_);
  // A timer has sent it to the task (or, without one, to the cage), and it is not taken.
  bool is_pending(const Task* task, int signal, int timer) const EXCLUDES(mutex_);
  // For /proc/PID/status; of the cage alone without a task.
  struct Snapshot {
    signal::SignalSet pending, shared_pending, blocked, ignored, caught;
    size_t queued = 0;
    bool stopped = false;
  };
  Snapshot snapshot(const Task* task) const EXCLUDES(mutex_);
  // rt_sigtimedwait(2). EAGAIN, EINTR.
  Result<abi::Siginfo> wait(Task& task, signal::SignalSet wanted, const sync::Deadline& deadline)
      EXCLUDES(mutex_);
  // signalfd(2): takes one that may be blocked or not. `sent` is what there is to take.
  std::optional<abi::Siginfo> take_unasked(Task& task, signal::SignalSet wanted) EXCLUDES(mutex_);
  signal::SignalSet sent(const Task& task) const EXCLUDES(mutex_);
  // Woken when something is sent to the cage or one of its tasks.
  sync::WaitQueue& arrivals() { return arrivals_; }
  // rt_sigaction(2). Drops what is pending and ignored now.
  signal::Action set_action(int signal, const signal::Action& action) EXCLUDES(mutex_);

  // --- Stopping ---
  bool stopped() const { return stop_signal_.load(std::memory_order_acquire) != 0; }
  void stop(const abi::Siginfo& info) EXCLUDES(mutex_);
  // The task waits until the cage goes on or ends. Tells the parent of both ends.
  void stay_stopped(Task& task) EXCLUDES(mutex_);

 private:
  enum class Sender : uint8_t { kAny, kTimer };
  Result<> post(Task* target, const abi::Siginfo& info, size_t limit, Sender sender)
      REQUIRES(mutex_);
  // Stop signals and SIGCONT undo each other, whatever becomes of them later.
  void cancel_opposites(int signal) REQUIRES(mutex_);
  void go_on() REQUIRES(mutex_);
  // To a task, or to whichever takes it.
  Result<> send(Task* target, const abi::Siginfo& info, Sender sender) EXCLUDES(mutex_);
  bool is_dropped(const Task* target, int signal) const REQUIRES(mutex_);
  bool ends_cage(const Task* target, int signal) const REQUIRES(mutex_);
  void change_mask(Task& task, signal::SignalSet mask) REQUIRES(mutex_);
  bool wants(const Task& task, int signal) const REQUIRES(mutex_);
  void rouse_taker(Task* target, int signal) REQUIRES(mutex_);
  void rouse_takers(signal::SignalSet signals) REQUIRES(mutex_);
  void rouse_if_deliverable(Task& task) REQUIRES(mutex_);
  struct Taken {
    Delivery delivery;
    bool ignored;
  };
  std::optional<Taken> take_next(Task& task) EXCLUDES(mutex_);
  std::optional<abi::Siginfo> take_pending(Task& task, signal::SignalSet wanted) REQUIRES(mutex_);
  // What has stopped it last.
  abi::Siginfo stop_info() const EXCLUDES(mutex_);
  bool all_stopped() const REQUIRES(mutex_);
  enum class JobEvent : uint8_t { kNone, kStopped, kContinued };
  JobEvent next_job_event(Task& task) EXCLUDES(mutex_);
  size_t queue_limit() const;
  signal::Action action(int signal) const EXCLUDES(mutex_);

  Cage& cage_;
  mutable Mutex mutex_{LockRank::kSignals};
  // Only exec puts another there, when the cage has one task; that one may read it without the
  // lock.
  std::shared_ptr<SharedActions> actions_ GUARDED_BY(mutex_);
  std::vector<Task*> tasks_ GUARDED_BY(mutex_);
  sync::WaitQueue arrivals_;
  signal::PendingSignals shared_ GUARDED_BY(mutex_);
  // Written under the lock; 0: running.
  std::atomic<int> stop_signal_{0};
  abi::Siginfo stop_info_ GUARDED_BY(mutex_){};
  bool stop_reported_ GUARDED_BY(mutex_) = false;
  bool continue_to_report_ GUARDED_BY(mutex_) = false;
};

}  // namespace rawposix::cage
