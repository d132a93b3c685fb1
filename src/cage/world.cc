// SPDX-License-Identifier: Apache-2.0
#include "cage/world.h"

#include <sys/utsname.h>

#include <csignal>
#include <utility>

#include "cage/cage.h"
#include "host/clock.h"
#include "host/system.h"
#include "host/wait.h"

namespace rawposix::cage {

World::World(const Machine& machine) : machine_(machine) {
  utsname host{};
  if (uname(&host) == 0) {
    hostname_ = host.nodename;
    domainname_ = host.domainname;
  }
  boot_time_ = host::now(CLOCK_BOOTTIME).value_or({});
  static_cast<void>(host::random_bytes({boot_id_.data(), boot_id_.size()}, 0));
}

void World::task_is_gone() {
  if (tasks_.fetch_sub(1, std::memory_order_acq_rel) == 1) host::wake_all(tasks_);
}

void World::end() {
  while (uint32_t left = tasks_.load(std::memory_order_acquire)) {
    // A cage that is being made when the others are ended is found the next time.
    for (const std::shared_ptr<Cage>& cage : tree_.all()) {
      cage->begin_exit({.code = 0, .signal = SIGKILL});
    }
    constexpr timespec kAgain{0, 10'000'000};
    static_cast<void>(host::wait_while(tasks_, left, &kAgain));
  }
}

std::string World::hostname() const {
  MutexLock lock(mutex_);
  return hostname_;
}

void World::set_hostname(std::string name) {
  MutexLock lock(mutex_);
  hostname_ = std::move(name);
}

std::string World::domainname() const {
  MutexLock lock(mutex_);
  return domainname_;
}

void World::set_domainname(std::string name) {
  MutexLock lock(mutex_);
  domainname_ = std::move(name);
}

}  // namespace rawposix::cage
