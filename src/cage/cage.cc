// SPDX-License-Identifier: Apache-2.0
#include "cage/cage.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cage/task.h"
#include "host/clock.h"
#include "host/wait.h"

namespace rawposix::cage {

Cage::Cage(World& world, pid_t pid, pid_t parent_pid, Parts parts)
    : world_(world),
      pid_(pid),
      start_time_ns_(host::nanoseconds(host::now(CLOCK_BOOTTIME).value_or(timespec{}))),
      parent_pid_(parent_pid),
      memory_(std::move(parts.memory)),
      image_(std::move(parts.image)),
      signals_(*this, std::move(parts.actions)),
      timers_(*this),
      name_(std::move(parts.name)),
      executable_(std::move(parts.executable)),
      limits_(parts.limits),
      file_size_limit_(parts.limits.get(RLIMIT_FSIZE).rlim_cur) {}

Cage::~Cage() = default;

Ids Cage::user() const {
  MutexLock lock(mutex_);
  return user_;
}

void Cage::set_user(const Ids& user) {
  MutexLock lock(mutex_);
  user_ = user;
}

std::shared_ptr<mm::AddressSpace> Cage::memory_if_alive() const {
  MutexLock lock(mutex_);
  return memory_;
}

std::shared_ptr<mm::AddressSpace> Cage::set_program(std::shared_ptr<mm::AddressSpace> memory,
                                                    std::shared_ptr<const loader::Image> image,
                                                    Executable executable) {
  // The old ones are let go after the lock.
  MutexLock lock(mutex_);
  image_.swap(image);
  std::swap(executable_, executable);
  memory_.swap(memory);
  return memory;
}

Cage::Program Cage::program() const {
  MutexLock lock(mutex_);
  return {memory_, image_, executable_};
}

void Cage::inherit_settings(const Cage& parent) {
  no_new_privileges = parent.no_new_privileges.load();
  personality = parent.personality.load();
  dumpable = parent.dumpable.load();
  memory_barriers = parent.memory_barriers.load();
  oom_score_adjustment = parent.oom_score_adjustment.load();
  least_oom_score_adjustment = parent.least_oom_score_adjustment.load();
  core_dump_filter = parent.core_dump_filter.load();
}

void Cage::drop_memory() {
  statistics_.mapped_bytes = memory_->totals().all * sfi::kPageSize;
  std::shared_ptr<mm::AddressSpace> memory;
  Executable executable;
  MutexLock lock(mutex_);
  memory_.swap(memory);
  std::swap(executable_, executable);
}

std::string Cage::name() const {
  MutexLock lock(mutex_);
  return name_;
}

void Cage::set_name(std::string name) {
  MutexLock lock(mutex_);
  name_ = std::move(name);
}

Rlimits Cage::limits() const {
  MutexLock lock(mutex_);
  return limits_;
}

rlimit Cage::limit(unsigned resource) const {
  MutexLock lock(mutex_);
  return limits_.get(resource);
}

Result<> Cage::set_limit(unsigned resource, rlimit limit) {
  MutexLock lock(mutex_);
  TRY(limits_.set(resource, limit));
  if (resource == RLIMIT_FSIZE) file_size_limit_.store(limit.rlim_cur, std::memory_order_relaxed);
  return {};
}

bool Cage::add_task(Task& task) {
  MutexLock lock(mutex_);
  if (exiting() || alone_.load(std::memory_order_relaxed) != nullptr) return false;
  tasks_.push_back(&task);
  signals_.add(task);
  return true;
}

size_t Cage::remove_task(Task& task, const Usage& usage) {
  size_t left = 0;
  {
    MutexLock lock(mutex_);
    if (task.is_leader()) last_scheduling.copy(task.scheduling);
    std::erase(tasks_, &task);
    signals_.remove(task);
    ended_usage_ += usage;
    left = tasks_.size();
    if (left == 0) last_credentials_ = task.credentials();
  }
  tasks_changed_.wake_all();
  return left;
}

void Cage::note_end() {
  ended_.store(true, std::memory_order_release);
  tasks_changed_.wake_all();
}

std::vector<std::shared_ptr<Task>> Cage::tasks() const {
  std::vector<std::shared_ptr<Task>> copies;
  MutexLock lock(mutex_);
  for (Task* task : tasks_) copies.push_back(task->shared_from_this());
  return copies;
}

Credentials Cage::last_credentials() const {
  MutexLock lock(mutex_);
  return last_credentials_;
}

Usage Cage::ended_usage() const {
  MutexLock lock(mutex_);
  return ended_usage_;
}

size_t Cage::task_count() const {
  MutexLock lock(mutex_);
  return tasks_.size();
}

std::shared_ptr<Task> Cage::find_task(pid_t tid) const {
  MutexLock lock(mutex_);
  for (Task* task : tasks_) {
    if (task->tid() == tid) return task->shared_from_this();
  }
  return nullptr;
}

void Cage::rouse(const Task* except) {
  for (Task* task : tasks_) {
    if (task == except) continue;
    task->interrupt();
    task->waiter().wake();
  }
}

void Cage::begin_exit(ExitStatus status, std::optional<Crash> crash) {
  MutexLock lock(mutex_);
  if (!exiting_.load(std::memory_order_relaxed)) {
    exit_status_ = status;
    crash_ = crash;
    exiting_.store(true, std::memory_order_release);
  }
  rouse(nullptr);
}

void Cage::note_exit_code(uint8_t code) {
  MutexLock lock(mutex_);
  if (!exiting()) exit_status_ = {.code = code, .signal = 0};
}

ExitStatus Cage::exit_status() const {
  MutexLock lock(mutex_);
  return exit_status_;
}

std::optional<Crash> Cage::crash() const {
  MutexLock lock(mutex_);
  return crash_;
}

Usage Cage::usage() const {
  MutexLock lock(mutex_);
  Usage all = ended_usage_;
  for (const Task* task : tasks_) all += task->usage();
  return all;
}

Result<> Cage::become_alone(Task& task) {
  {
    MutexLock lock(mutex_);
    if (exiting() || alone_.load(std::memory_order_relaxed) != nullptr) return sync::kRestart;
    alone_.store(&task, std::memory_order_release);
    rouse(&task);
  }
  sync::WaitQueue::Entry entry(tasks_changed_, task.waiter());
  while (task_count() > 1) {
    if (exiting()) return sync::kRestart;
    task.waiter().park_uninterrupted();
  }
  return {};
}

void Cage::wait_for_end(sync::Waiter& waiter) {
  sync::WaitQueue::Entry entry(tasks_changed_, waiter);
  while (task_count() > 0) {
    waiter.park_uninterrupted();
    world_.relay().pass_on();
  }
}

Result<> Cage::freeze(Task& by) {
  std::vector<std::shared_ptr<Task>> others;
  {
    MutexLock lock(mutex_);
    if (tasks_.size() == 1) return {};
    if (ends(by) || freezer_.load(std::memory_order_relaxed) != nullptr) return sync::kRestart;
    freezer_.store(&by, std::memory_order_seq_cst);
    for (Task* task : tasks_) {
      if (task != &by) others.push_back(task->shared_from_this());
    }
  }
  for (const std::shared_ptr<Task>& task : others) task->leave_guest();
  return {};
}

void Cage::thaw() {
  freezer_.store(nullptr, std::memory_order_seq_cst);
  thawed_.wake_all();
}

}  // namespace rawposix::cage
