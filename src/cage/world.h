// SPDX-License-Identifier: Apache-2.0
// What the cages of one kernel share. Thread-safe.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>

#include "support/mutex.h"
#include "support/result.h"

namespace rawposix::cage {

class World {
 public:
  // The parent of cages that the host started; no cage has it.
  static constexpr pid_t kInitPid = 1;

  World();

  // A process id that no living cage has; ids are reused late, as on Linux.
  pid_t allocate_pid();

  std::string hostname() const;
  void set_hostname(std::string name);
  std::string domainname() const;

  // On CLOCK_BOOTTIME, when this world began.
  timespec boot_time() const { return boot_time_; }

 private:
  mutable Mutex mutex_{LockRank::kWorld};
  std::string hostname_ GUARDED_BY(mutex_);
  std::string domainname_ GUARDED_BY(mutex_);
  pid_t next_pid_ GUARDED_BY(mutex_) = kInitPid + 1;
  timespec boot_time_{};
};

}  // namespace rawposix::cage
