// SPDX-License-Identifier: Apache-2.0
// What the cages of one world share: names, ids, and what programs are made of. Thread-safe.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>

#include "cage/core_dumper.h"
#include "cage/executables.h"
#include "cage/process_tree.h"
#include "cage/signal_relay.h"
#include "host/thread_pool.h"
#include "loader/image_cache.h"
#include "mm/warm_slots.h"
#include "signal/pending.h"
#include "support/mutex.h"
#include "support/result.h"
#include "sync/futex.h"
#include "sync/timer_queue.h"

namespace rawposix::cage {

// Of the host process; worlds share them. They outlive every world.
struct Machine {
  mm::WarmSlots& slots;
  loader::ImageCache& images;
  host::ThreadPool& threads;
};

class World {
 public:
  static constexpr pid_t kInitPid = ProcessTree::kInitPid;

  explicit World(const Machine& machine);

  const Machine& machine() const { return machine_; }
  ProcessTree& tree() { return tree_; }
  sync::FutexTable& futexes() { return futexes_; }
  sync::TimerQueue& timers() { return timers_; }
  SignalRelay& relay() { return relay_; }
  // Of all cages: a world is one user's.
  signal::QueuedSignals& queued_signals() { return queued_signals_; }
  // Null: no core files. Set before anything runs.
  CoreDumper* core_dumper() const { return core_dumper_.get(); }
  void set_core_dumper(std::unique_ptr<CoreDumper> dumper) { core_dumper_ = std::move(dumper); }
  Executables& executables() { return executables_; }

  // Ends every cage and waits until the last task is gone.
  void end();

  std::string hostname() const EXCLUDES(mutex_);
  void set_hostname(std::string name) EXCLUDES(mutex_);
  std::string domainname() const EXCLUDES(mutex_);
  void set_domainname(std::string name) EXCLUDES(mutex_);

  // /proc/sys/kernel/random/boot_id, before it is written as a UUID.
  const std::array<std::byte, 16>& boot_id() const { return boot_id_; }

  // On CLOCK_BOOTTIME, when this world began.
  timespec boot_time() const { return boot_time_; }

  // Of a task, from before it can be seen until nothing of it is touched again: its first member,
  // so that end() doesn't return before the rest of the last one, and of its cage, is gone.
  class Presence {
   public:
    explicit Presence(World& world) : world_(world) {
      world_.tasks_.fetch_add(1, std::memory_order_relaxed);
    }
    ~Presence() { world_.task_is_gone(); }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

   private:
    World& world_;
  };

 private:
  void task_is_gone();

  const Machine machine_;
  signal::QueuedSignals queued_signals_{0};  // cages count in it until they are gone
  ProcessTree tree_;
  SignalRelay relay_{tree_};
  Executables executables_;
  sync::FutexTable futexes_;
  std::unique_ptr<CoreDumper> core_dumper_;
  sync::TimerQueue timers_{machine_.threads};
  mutable Mutex mutex_{LockRank::kWorld};
  std::string hostname_ GUARDED_BY(mutex_);
  std::string domainname_ GUARDED_BY(mutex_);
  timespec boot_time_{};
  std::array<std::byte, 16> boot_id_{};
  std::atomic<uint32_t> tasks_{0};  // waited on by end()
};

}  // namespace rawposix::cage
