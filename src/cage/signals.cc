// SPDX-License-Identifier: Apache-2.0
#include "cage/signals.h"

#include <algorithm>

#include "cage/cage.h"
#include "cage/task.h"

namespace rawposix::cage {

using signal::SignalSet;

namespace {

constexpr int64_t kNanosecondsPerTick = 10'000'000;  // USER_HZ

}  // namespace

signal::Action SharedActions::get(int signal) const {
  MutexLock lock(mutex_);
  return actions_.get(signal);
}

signal::Action SharedActions::set(int signal, const signal::Action& action) {
  MutexLock lock(mutex_);
  signal::Action before = actions_.get(signal);
  actions_.set(signal, action);
  return before;
}

bool SharedActions::ignores(int signal) const {
  MutexLock lock(mutex_);
  return actions_.ignores(signal);
}

void SharedActions::reset_for_exec() {
  MutexLock lock(mutex_);
  actions_.reset_for_exec();
}

std::shared_ptr<SharedActions> SharedActions::copy() const {
  auto fresh = std::make_shared<SharedActions>();
  SharedActions& other = *fresh;
  MutexLock lock(mutex_);
  // Nobody else knows the copy yet.
  [&]() RAWPOSIX_TSA(no_thread_safety_analysis) { other.actions_ = actions_; }();
  return fresh;
}

Signals::Signals(Cage& cage, std::shared_ptr<SharedActions> actions)
    : cage_(cage), actions_(std::move(actions)), shared_(cage.world().queued_signals()) {}

void Signals::add(Task& task) {
  MutexLock lock(mutex_);
  tasks_.push_back(&task);
  // It joins a cage that is stopped, or was sent something that nobody takes.
  if (stopped()) task.interrupt();
  rouse_if_deliverable(task);
}

void Signals::remove(Task& task) {
  MutexLock lock(mutex_);
  std::erase(tasks_, &task);
  if (tasks_.empty()) shared_.remove(SignalSet::all());
  // What it would have taken may be another's to take.
  rouse_takers(shared_.set() & ~task.signals().mask);
  // It may be the one that the others' stop was waiting for.
  if (stopped() && !tasks_.empty()) tasks_.front()->waiter().wake();
}

void Signals::reset_for_exec(Task& task) {
  MutexLock lock(mutex_);
  // Of another cage, too (CLONE_SIGHAND): no longer (fs/exec.c, unshare_sighand()).
  if (actions_.use_count() > 1) actions_ = actions_->copy();
  actions_->reset_for_exec();
  task.signals().alternate_stack = {};
}

size_t Signals::queue_limit() const { return cage_.limit(RLIMIT_SIGPENDING).rlim_cur; }

bool Signals::wants(const Task& task, int signal) const {
  const TaskSignals& own = task.signals();
  return !own.mask.has(signal) || own.awaited.has(signal);
}

// A blocked signal is kept even if it is ignored: that may change before it is taken.
bool Signals::is_dropped(const Task* target, int signal) const {
  if (!actions_->ignores(signal)) return false;
  if (target == nullptr && tasks_.empty()) return true;
  return !(target != nullptr ? target : tasks_.front())->signals().mask.has(signal);
}

// Whether it ends the cage without any task having a say: nobody handles it, there is no core to be
// written, and a task may take it (kernel/signal.c, complete_signal()).
bool Signals::ends_cage(const Task* target, int signal) const {
  if (stopped()) return false;
  if (actions_->get(signal).handler != signal::kDefaultHandler) return false;
  if (signal::default_action(signal) != signal::DefaultAction::kTerminate) return false;
  auto takes = [signal](const Task* task) { return !task->signals().mask.has(signal); };
  return target != nullptr ? takes(target) : std::any_of(tasks_.begin(), tasks_.end(), takes);
}

void Signals::rouse_taker(Task* target, int signal) {
  if (target != nullptr) {
    if (wants(*target, signal)) target->interrupt();
    return;
  }
  for (Task* task : tasks_) {
    if (!wants(*task, signal)) continue;
    task->interrupt();
    return;
  }
}

void Signals::rouse_if_deliverable(Task& task) {
  SignalSet all = task.signals().pending.set() | shared_.set();
  if (!(all & ~task.signals().mask).empty()) task.interrupt();
}

void Signals::go_on() {
  if (!stopped()) return;
  stop_signal_.store(0, std::memory_order_release);
  continue_to_report_ = stop_reported_;
  stop_reported_ = false;
  for (Task* task : tasks_) {
    task->signals().stopped = false;
    task->waiter().wake();
  }
}

void Signals::cancel_opposites(int signal) {
  SignalSet cancelled;
  if (signal == SIGCONT) {
    cancelled = signal::kStopSignals;
  } else if (signal::kStopSignals.has(signal)) {
    cancelled.add(SIGCONT);
  } else {
    return;
  }
  shared_.remove(cancelled);
  for (Task* task : tasks_) task->signals().pending.remove(cancelled);
  if (signal == SIGCONT) go_on();
}

Result<> Signals::post(Task* target, const abi::Siginfo& info, size_t limit, Sender sender) {
  // What ends hears nothing any more, and keeps nothing.
  if (cage_.exiting() || tasks_.empty()) return {};
  cancel_opposites(info.signal);
  if (is_dropped(target, info.signal)) return {};
  signal::PendingSignals& pending = target != nullptr ? target->signals().pending : shared_;
  if (sender == Sender::kTimer) {
    pending.add_of_timer(info);
  } else {
    TRY(pending.add(info, limit));
  }
  rouse_taker(target, info.signal);
  arrivals_.wake_all();
  return {};
}

Result<> Signals::send(const abi::Siginfo& info) { return send(nullptr, info, Sender::kAny); }

Result<> Signals::send_to(Task& task, const abi::Siginfo& info) {
  return send(&task, info, Sender::kAny);
}

void Signals::send_of_timer(Task* target, const abi::Siginfo& info) {
  static_cast<void>(send(target, info, Sender::kTimer));
}

Result<> Signals::send(Task* target, const abi::Siginfo& info, Sender sender) {
  const size_t limit = queue_limit();
  {
    MutexLock lock(mutex_);
    if (info.signal != SIGKILL && !ends_cage(target, info.signal)) {
      return post(target, info, limit, sender);
    }
  }
  cage_.begin_exit({.code = 0, .signal = static_cast<uint8_t>(info.signal)});
  return {};
}

void Signals::send_from_kernel(int signal) {
  static_cast<void>(send(signal::plain_info(signal, SI_KERNEL)));
}

void Signals::notify_of_child(int signal, int code, const Cage& child, int status,
                              const Usage& usage) {
  const bool about_job = code == CLD_STOPPED || code == CLD_CONTINUED;
  if (about_job && (action(SIGCHLD).flags & SA_NOCLDSTOP) != 0) return;
  static_cast<void>(
      send(signal::child_info(signal, code, child.pid(), child.user().real, status,
                              static_cast<uint64_t>(usage.user_ns / kNanosecondsPerTick),
                              static_cast<uint64_t>(usage.system_ns / kNanosecondsPerTick))));
}

signal::Action Signals::action(int signal) const {
  MutexLock lock(mutex_);
  return actions_->get(signal);
}

Signals::ChildrensEnds Signals::childrens_ends() const {
  const signal::Action action = this->action(SIGCHLD);
  const bool signalled = action.handler != signal::kIgnoreHandler;
  return {signalled, signalled && (action.flags & SA_NOCLDWAIT) == 0};
}

void Signals::force(Task& task, const abi::Siginfo& info, const sfi::Fault* fault) {
  MutexLock lock(mutex_);
  TaskSignals& own = task.signals();
  signal::Action action = actions_->get(info.signal);
  if (action.handler == signal::kIgnoreHandler || own.mask.has(info.signal)) {
    action.handler = signal::kDefaultHandler;
    actions_->set(info.signal, action);
    own.mask.remove(info.signal);
  }
  if (fault != nullptr) own.fault = *fault;
  static_cast<void>(own.pending.add(info, SIZE_MAX));
  task.interrupt();
}

std::optional<abi::Siginfo> Signals::take_pending(Task& task, SignalSet wanted) {
  std::optional<abi::Siginfo> info = task.signals().pending.take(wanted);
  if (!info) info = shared_.take(wanted);
  return info;
}

std::optional<Signals::Delivery> Signals::take(Task& task) {
  while (std::optional<Taken> taken = take_next(task)) {
    cage_.timers().note_taken(taken->delivery.info);
    if (!taken->ignored) return taken->delivery;
  }
  return std::nullopt;
}

std::optional<Signals::Taken> Signals::take_next(Task& task) {
  MutexLock lock(mutex_);
  TaskSignals& own = task.signals();
  std::optional<abi::Siginfo> info = take_pending(task, ~own.mask);
  if (!info) return std::nullopt;
  const int signal = info->signal;
  Delivery delivery{*info, actions_->get(signal), {}};
  if (actions_->ignores(signal)) return Taken{delivery, true};
  if (own.fault && own.fault->signal == signal) delivery.fault = std::exchange(own.fault, {});
  if (signal::has_handler(delivery.action) && (delivery.action.flags & SA_RESETHAND) != 0) {
    signal::Action reset = delivery.action;
    reset.handler = signal::kDefaultHandler;
    actions_->set(signal, reset);
  }
  return Taken{delivery, false};
}

void Signals::enter_handler(Task& task, int signal, const signal::Action& action) {
  MutexLock lock(mutex_);
  TaskSignals& own = task.signals();
  own.mask_to_restore.reset();
  SignalSet mask = own.mask | SignalSet::from_raw(action.mask);
  if ((action.flags & SA_NODEFER) == 0) mask.add(signal);
  change_mask(task, mask);
}

void Signals::set_mask(Task& task, SignalSet mask) {
  MutexLock lock(mutex_);
  change_mask(task, mask);
  rouse_if_deliverable(task);
}

// What the task no longer takes may be another's to take (kernel/signal.c,
// retarget_shared_pending()).
void Signals::change_mask(Task& task, SignalSet mask) {
  TaskSignals& own = task.signals();
  const SignalSet given_up = mask & ~own.mask;
  own.mask = mask & ~signal::kUnblockable;
  rouse_takers(shared_.set() & given_up);
}

void Signals::rouse_takers(SignalSet signals) {
  for (; !signals.empty(); signals.remove(signals.first())) rouse_taker(nullptr, signals.first());
}

void Signals::set_temporary_mask(Task& task, SignalSet mask) {
  task.signals().mask_to_restore = task.signals().mask;
  set_mask(task, mask);
}

void Signals::restore_mask(Task& task) {
  if (!task.signals().mask_to_restore) return;
  set_mask(task, *std::exchange(task.signals().mask_to_restore, {}));
}

SignalSet Signals::pending(const Task& task) const {
  MutexLock lock(mutex_);
  return (task.signals().pending.set() | shared_.set()) & task.signals().mask;
}

bool Signals::is_pending(const Task* task, int signal, int timer) const {
  MutexLock lock(mutex_);
  return (task == nullptr ? shared_ : task->signals().pending).has_of_timer(signal, timer);
}

std::optional<abi::Siginfo> Signals::take_unasked(Task& task, SignalSet wanted) {
  std::optional<abi::Siginfo> info;
  {
    MutexLock lock(mutex_);
    info = take_pending(task, wanted);
  }
  if (info) cage_.timers().note_taken(*info);
  return info;
}

SignalSet Signals::sent(const Task& task) const {
  MutexLock lock(mutex_);
  return task.signals().pending.set() | shared_.set();
}

Signals::Snapshot Signals::snapshot(const Task* task) const {
  Snapshot all;
  MutexLock lock(mutex_);
  for (int signal = 1; signal <= signal::kSignals; signal++) {
    const uint64_t handler = actions_->get(signal).handler;
    if (handler == signal::kIgnoreHandler) all.ignored.add(signal);
    if (handler > signal::kIgnoreHandler) all.caught.add(signal);
  }
  all.shared_pending = shared_.set();
  all.queued = cage_.world().queued_signals().load(std::memory_order_relaxed);
  if (task != nullptr) {
    all.pending = task->signals().pending.set();
    all.blocked = task->signals().mask;
    all.stopped = stopped() && task->signals().stopped;
  }
  return all;
}

Result<abi::Siginfo> Signals::wait(Task& task, SignalSet wanted, const sync::Deadline& deadline) {
  wanted = wanted & ~signal::kUnblockable;
  std::optional<abi::Siginfo> info;
  Result<> parked;
  {
    MutexLock lock(mutex_);
    info = take_pending(task, wanted);
    if (!info) task.signals().awaited = wanted;
  }
  if (!info) {
    do {
      parked = task.waiter().park(deadline);
    } while (parked.ok());
    MutexLock lock(mutex_);
    task.signals().awaited = {};
    info = take_pending(task, wanted);
    // This task was roused for more than it has taken.
    rouse_takers(shared_.set() & wanted);
  }
  if (!info) return parked.error() == Errno(ETIMEDOUT) ? Errno(EAGAIN) : Errno(EINTR);
  cage_.timers().note_taken(*info);
  return *info;
}

signal::Action Signals::set_action(int signal, const signal::Action& action) {
  MutexLock lock(mutex_);
  signal::Action before = actions_->set(signal, action);
  if (actions_->ignores(signal)) {
    SignalSet ignored{signal};
    shared_.remove(ignored);
    for (Task* task : tasks_) task->signals().pending.remove(ignored);
  }
  return before;
}

void Signals::stop(const abi::Siginfo& info) {
  MutexLock lock(mutex_);
  if (stopped()) return;
  stop_info_ = info;
  stop_signal_.store(info.signal, std::memory_order_release);
  stop_reported_ = false;
  for (Task* task : tasks_) task->interrupt();
}

abi::Siginfo Signals::stop_info() const {
  MutexLock lock(mutex_);
  return stop_info_;
}

bool Signals::all_stopped() const {
  return std::all_of(tasks_.begin(), tasks_.end(),
                     [](const Task* task) { return task->signals().stopped; });
}

// What the parent is to be told of, if it falls to this task.
Signals::JobEvent Signals::next_job_event(Task& task) {
  MutexLock lock(mutex_);
  task.signals().stopped = stopped();
  if (stopped() && !stop_reported_ && all_stopped()) {
    stop_reported_ = true;
    return JobEvent::kStopped;
  }
  if (!stopped() && std::exchange(continue_to_report_, false)) return JobEvent::kContinued;
  return JobEvent::kNone;
}

void Signals::stay_stopped(Task& task) {
  ProcessTree& tree = cage_.world().tree();
  while (!cage_.ends(task)) {
    switch (next_job_event(task)) {
      case JobEvent::kStopped:
        tree.report_stop(cage_, stop_info());
        continue;  // it may have gone on meanwhile
      case JobEvent::kContinued:
        tree.report_continue(cage_);
        continue;
      case JobEvent::kNone:
        if (!stopped()) return;
        task.waiter().park_uninterrupted();
        cage_.world().relay().pass_on();
    }
  }
}

}  // namespace rawposix::cage
