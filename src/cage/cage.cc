// SPDX-License-Identifier: Apache-2.0
#include "cage/cage.h"

#include <unistd.h>

#include <utility>

namespace rawposix::cage {

Identity Identity::of_host() {
  Identity identity{getuid(), geteuid(), getgid(), getegid(), {}};
  int count = getgroups(0, nullptr);
  if (count > 0) {
    identity.groups.resize(static_cast<size_t>(count));
    count = getgroups(count, identity.groups.data());
  }
  identity.groups.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return identity;
}

Cage::Cage(World& world, pid_t pid, Parts parts)
    : world_(world), pid_(pid), parts_(std::move(parts)), limits_(parts_.limits) {}

Cage::~Cage() = default;

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
  return limits_.set(resource, limit);
}

void Cage::begin_exit(ExitStatus status, std::optional<Crash> crash) {
  MutexLock lock(mutex_);
  if (exiting_.load(std::memory_order_relaxed)) return;
  exit_status_ = status;
  crash_ = crash;
  exiting_.store(true, std::memory_order_release);
}

ExitStatus Cage::exit_status() const {
  MutexLock lock(mutex_);
  return exit_status_;
}

std::optional<Crash> Cage::crash() const {
  MutexLock lock(mutex_);
  return crash_;
}

}  // namespace rawposix::cage
