// SPDX-License-Identifier: Apache-2.0
#include "cage/world.h"

#include <sys/utsname.h>

#include <utility>

namespace rawposix::cage {
namespace {

// Linux's default on 64-bit (kernel/pid.c, PID_MAX_DEFAULT scaled).
constexpr pid_t kPidMax = 4194304;
constexpr pid_t kReusedFrom = 300;  // RESERVED_PIDS

}  // namespace

World::World() {
  utsname host{};
  if (uname(&host) == 0) {
    hostname_ = host.nodename;
    domainname_ = host.domainname;
  }
  clock_gettime(CLOCK_BOOTTIME, &boot_time_);
}

pid_t World::allocate_pid() {
  MutexLock lock(mutex_);
  pid_t pid = next_pid_++;
  if (next_pid_ >= kPidMax) next_pid_ = kReusedFrom;
  return pid;
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

}  // namespace rawposix::cage
