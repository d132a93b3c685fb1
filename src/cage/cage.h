// SPDX-License-Identifier: Apache-2.0
// The in-process counterpart of a Linux process: a bundle of parts, each of which knows its own
// rules. Tasks of the cage share it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cage/exit_status.h"
#include "cage/rlimits.h"
#include "cage/world.h"
#include "fs/fd_table.h"
#include "fs/fs_view.h"
#include "loader/image.h"
#include "mm/address_space.h"
#include "support/mutex.h"

namespace rawposix::cage {

// User and group ids as the cage sees them.
struct Identity {
  uid_t uid = 0;
  uid_t euid = 0;
  gid_t gid = 0;
  gid_t egid = 0;
  std::vector<gid_t> groups;

  static Identity of_host();
};

// Counts for `run --stats`. Relaxed: they are read when the cage has ended.
struct Statistics {
  std::atomic<uint64_t> system_calls{0};
  std::atomic<uint64_t> system_call_time_ns{0};
};

// The fault that ended a cage, in guest addresses.
struct Crash {
  int signal;
  uint64_t instruction;
  uint64_t address;
};

class Cage {
 public:
  struct Parts {
    std::unique_ptr<mm::AddressSpace> memory;
    std::unique_ptr<fs::FdTable> fds;
    std::unique_ptr<fs::FsView> view;
    Identity identity;
    Rlimits limits;
    std::string name;
  };

  Cage(World& world, pid_t pid, Parts parts);
  ~Cage();
  Cage(const Cage&) = delete;
  Cage& operator=(const Cage&) = delete;

  World& world() { return world_; }
  pid_t pid() const { return pid_; }
  pid_t parent_pid() const { return World::kInitPid; }
  mm::AddressSpace& address_space() { return *parts_.memory; }
  mm::GuestMemory memory() const { return parts_.memory->guest_memory(); }
  fs::FdTable& fds() { return *parts_.fds; }
  fs::FsView& view() { return *parts_.view; }
  const Identity& identity() const { return parts_.identity; }
  // The program's name as ps shows it.
  const std::string& name() const { return parts_.name; }
  Statistics& statistics() { return statistics_; }

  // The running program; kept as long as a task may have its code.
  void set_image(std::shared_ptr<const loader::Image> image) { image_ = std::move(image); }
  const loader::Image* image() const { return image_.get(); }

  Rlimits limits() const;
  rlimit limit(unsigned resource) const;
  Result<> set_limit(unsigned resource, rlimit limit);

  // Begins the end; the first status counts. `crash` tells more about a fault.
  void begin_exit(ExitStatus status, std::optional<Crash> crash = {});
  bool exiting() const { return exiting_.load(std::memory_order_acquire); }
  ExitStatus exit_status() const;
  std::optional<Crash> crash() const;

 private:
  World& world_;
  const pid_t pid_;
  Parts parts_;
  std::shared_ptr<const loader::Image> image_;
  Statistics statistics_;
  mutable Mutex mutex_{LockRank::kCage};
  Rlimits limits_ GUARDED_BY(mutex_);
  ExitStatus exit_status_ GUARDED_BY(mutex_);
  std::optional<Crash> crash_ GUARDED_BY(mutex_);
  std::atomic<bool> exiting_{false};
};

}  // namespace rawposix::cage
