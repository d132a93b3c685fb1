// SPDX-License-Identifier: Apache-2.0
#include "cage/task.h"

#include <algorithm>
#include <csignal>
#include <ctime>

#include "cage/exit.h"
#include "host/clock.h"
#include "host/system.h"
#include "host/thread.h"
#include "host/wait.h"
#include "sfi/fault.h"
#include "sfi/host_signals.h"
#include "sfi/run.h"

namespace rawposix::cage {

void VforkGate::open() {
  open_.store(true, std::memory_order_release);
  queue_.wake_all();
}

Task::Task(std::shared_ptr<Cage> cage, pid_t tid, Parts parts, Tracer* tracer)
    : presence_(cage->world()),
      cage_(std::move(cage)),
      tid_(tid),
      start_time_ns_(host::nanoseconds(host::now(CLOCK_BOOTTIME).value_or(timespec{}))),
      parts_(std::move(parts)),
      base_(cage_->address_space().base()),
      observed_(tracer != nullptr),
      tracer_(tracer),
      signals_(cage_->world().queued_signals()) {
  sfi::initialize(context_, base_);
  context_.owner = this;
  cage_->set_user(parts_.credentials.user);
}

void Task::set_credentials(Credentials credentials) {
  const Credentials& old = parts_.credentials;
  // kernel/cred.c, commit_creds().
  const bool is_other = old.user.effective != credentials.user.effective ||
                        old.group.effective != credentials.group.effective ||
                        old.user.file_system != credentials.user.file_system ||
                        old.group.file_system != credentials.group.file_system ||
                        (credentials.capabilities.permitted & ~old.capabilities.permitted) != 0;
  if (is_other) {
    cage_->dumpable = false;
    world().tree().set_death_signal(*cage_, 0);
  }
  cage_->set_user(credentials.user);
  MutexLock lock(mutex_);
  parts_.credentials = std::move(credentials);
}

Credentials Task::copy_credentials() const {
  MutexLock lock(mutex_);
  return parts_.credentials;
}

std::string Task::name() const {
  if (is_leader()) return cage_->name();
  MutexLock lock(mutex_);
  return name_;
}

void Task::set_name(std::string name) {
  if (is_leader()) return cage_->set_name(std::move(name));
  MutexLock lock(mutex_);
  name_ = std::move(name);
}

void Task::set_fds(std::shared_ptr<fs::FdTable> fds) {
  // The old one is let go after the lock.
  MutexLock lock(mutex_);
  parts_.fds.swap(fds);
}

void Task::set_view(std::shared_ptr<fs::FsView> view) {
  MutexLock lock(mutex_);
  parts_.view.swap(view);
}

void Task::release_files() {
  set_fds(nullptr);
  set_view(nullptr);
}

Result<Task::OpenFile> Task::open_file(fs::FdNum fd) const {
  MutexLock lock(mutex_);
  if (parts_.fds == nullptr) return Errno(ENOENT);
  Result<fs::FileRef> file = parts_.fds->get(fd);
  if (!file.ok()) return Errno(ENOENT);
  const fs::CloseOnExec flag = parts_.fds->flag(fd).value_or(fs::CloseOnExec::kNo);
  return OpenFile{std::move(file).value(), flag};
}

Result<std::vector<int>> Task::open_numbers() const {
  MutexLock lock(mutex_);
  if (parts_.fds == nullptr) return Errno(ENOENT);
  return parts_.fds->numbers();
}

Result<Task::View> Task::files_view() const {
  MutexLock lock(mutex_);
  if (parts_.view == nullptr) return Errno(ENOENT);
  return View{parts_.view->root(), parts_.view->working_directory(), parts_.view->umask()};
}

void Task::enter_memory() {
  base_ = cage_->address_space().base();
  sfi::change_base(context_, base_);
}

int64_t Task::cpu_time_ns() const {
  pid_t thread = waiter_.thread();
  if (thread == 0) return 0;
  return host::thread_cpu_time_ns(thread) - usage_before_.user_ns - usage_before_.system_ns;
}

Usage Task::usage() const {
  if (sfi::is_running(context_)) return Usage::of_thread() - usage_before_;
  const int64_t all = cpu_time_ns();
  const int64_t user = host::thread_user_time_ns(waiter_.thread()) - usage_before_.user_ns;
  Usage usage;
  usage.user_ns = std::clamp<int64_t>(user, 0, std::max<int64_t>(all, 0));
  usage.system_ns = all - usage.user_ns;
  return usage;
}

Result<> Task::set_processors(std::vector<std::byte> bits) {
  MutexLock lock(mutex_);
  if (placed_thread_ == 0) return Errno(ESRCH);
  TRY(host::set_usable_processors(placed_thread_, bits));
  processors_ = std::move(bits);
  return {};
}

std::vector<std::byte> Task::processors() const {
  MutexLock lock(mutex_);
  return processors_;
}

void Task::inherit_scheduling(const Task& from) {
  const int nice = from.scheduling.nice;
  scheduling.policy = from.scheduling.policy.load();
  scheduling.nice = from.scheduling.reset_on_fork ? std::max(nice, 0) : nice;
  std::vector<std::byte> bits = from.processors();
  MutexLock lock(mutex_);
  processors_ = std::move(bits);
}

void Task::take_processors() {
  MutexLock lock(mutex_);
  placed_thread_ = waiter_.thread();
  if (!processors_.empty()) {
    static_cast<void>(host::set_usable_processors(placed_thread_, processors_));
  }
}

void Task::give_back_processors() {
  MutexLock lock(mutex_);
  if (!processors_.empty()) host::reset_usable_processors(placed_thread_);
  placed_thread_ = 0;
}

Task::Observed Task::observe() const {
  Observed seen{.usage = usage()};
  if (sfi::is_running(context_)) seen.state = 'R';
  const pid_t thread = waiter_.thread();
  if (thread == 0) return seen;
  Result<host::ThreadStatus> status = host::thread_status(thread);
  // The thread may be another task's by now.
  if (!status.ok() || waiter_.thread() != thread) return seen;
  const host::ThreadStatus& now = status.value();
  seen.state = now.state;
  seen.processor = now.processor;
  seen.usage.minor_faults = std::max<int64_t>(now.minor_faults - usage_before_.minor_faults, 0);
  seen.usage.major_faults = std::max<int64_t>(now.major_faults - usage_before_.major_faults, 0);
  return seen;
}

host::ThreadSwitches Task::switches() const {
  const pid_t thread = waiter_.thread();
  if (thread == 0) return {};
  host::ThreadSwitches all = host::thread_switches(thread).value_or({});
  if (waiter_.thread() != thread) return {};
  return {std::max<int64_t>(all.voluntary - usage_before_.voluntary_switches, 0),
          std::max<int64_t>(all.involuntary - usage_before_.involuntary_switches, 0)};
}

void Task::run() {
  usage_before_ = Usage::of_thread();
  waiter_.attach();
  take_processors();
  if (!cage_->ends(*this)) sfi::run(context_);
  give_back_processors();
  finish();
  waiter_.detach();
}

void Task::outlive_cage() {
  waiter_.attach();
  cage_->wait_for_end(waiter_);
  waiter_.detach();
}

Result<> Task::start() {
  // The job's reference, given up when the task has ended.
  auto* self = new std::shared_ptr<Task>(shared_from_this());
  auto job = [](void* argument) {
    // Once for each thread of the pool: run() finds the host's signals held already.
    thread_local sfi::HeldSignals held;
    std::unique_ptr<std::shared_ptr<Task>> task(static_cast<std::shared_ptr<Task>*>(argument));
    (*task)->run();
  };
  Result<> started = world().machine().threads.start({job, self});
  if (!started.ok()) delete self;
  return started;
}

void Task::finish() { end_task(*this, Usage::of_thread() - usage_before_); }

void Task::interrupt() {
  context_.interrupts.store(1, std::memory_order_seq_cst);
  if (!waiter_.interrupt()) sfi::interrupt(context_, waiter_.thread());
}

// A task that the signal has found in host code goes back to the guest only past the look at
// `interrupts`. One that has not begun to run will look there as well.
void Task::leave_guest() {
  uint32_t before = context_.interrupted.load(std::memory_order_acquire);
  context_.interrupts.store(1, std::memory_order_seq_cst);
  if (waiter_.interrupt()) return;
  while (context_.interrupted.load(std::memory_order_acquire) == before) {
    pid_t thread = waiter_.thread();
    if (thread == 0) return;
    host::interrupt_thread(thread);
    constexpr timespec kAgain{0, 1'000'000};
    static_cast<void>(host::wait_while(context_.interrupted, before, &kAgain));
  }
}

}  // namespace rawposix::cage
