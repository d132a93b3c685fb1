// SPDX-License-Identifier: Apache-2.0
// Futexes of one world (man 2 futex): all waiting and waking stays in the process. A futex is named
// by what its word belongs to, an address space or an object that several share, and the place in
// it.
//
// A waiter enters its queue before it reads the word, so a wake() after a change of the word finds
// it; no lock is held while guest memory is touched for the first time. Thread-safe. Lock order:
// kWaitQueue.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mm/guest_memory.h"
#include "support/mutex.h"
#include "sync/waiter.h"

namespace rawposix::sync {

struct FutexKey {
  const void* owner = nullptr;  // an mm::AddressSpace or mm::MappedFile
  uint64_t inode = 0;           // of a file that may be mapped under several objects
  uint64_t offset = 0;
  friend bool operator==(const FutexKey&, const FutexKey&) = default;
};

// A word and what it is called.
struct Futex {
  FutexKey key;
  // What the key names, if several share it. A waiter holds it: were it gone, the next object could
  // have the same key, and its users would wake the waiter, or hand it their lock.
  std::shared_ptr<const void> shared;
  mm::GuestMemory memory;
  mm::GuestAddr address;
};

class FutexTable {
 public:
  static constexpr uint32_t kAnyBit = ~0U;  // FUTEX_BITSET_MATCH_ANY

  // Waits while nobody wakes. EAGAIN if the word isn't `expected`, EFAULT, ETIMEDOUT, kRestart.
  Result<> wait(Waiter& waiter, const Futex& futex, uint32_t expected, uint32_t bits,
                const Deadline& deadline) EXCLUDES(mutex_);
  // Wakes up to `most` whose bits meet these, but at least one, as Linux does; returns how many.
  uint32_t wake(const FutexKey& key, int32_t most, uint32_t bits = kAnyBit) EXCLUDES(mutex_);
  struct Requeued {
    uint32_t woken = 0;
    uint32_t moved = 0;
  };
  // Wakes some and lets some of the rest wait for another futex. EAGAIN if the word isn't
  // `expected`, which is looked at while nobody can begin to wait; EFAULT.
  Result<Requeued> requeue(const Futex& from, const Futex& to, uint32_t most_woken,
                           uint32_t most_moved, std::optional<uint32_t> expected = std::nullopt)
      EXCLUDES(mutex_);

  // Priority-inheritance futexes: the word is the owner's thread id with FUTEX_WAITERS and
  // FUTEX_OWNER_DIED. There are no priorities to inherit, but the protocol is the same: the lock is
  // handed to who has waited longest. `owner_exists` tells whether a task has an id. EDEADLK if the
  // owner is the caller or waits for it, ESRCH, EAGAIN (only without waiting), ETIMEDOUT, kRestart.
  enum class LockWait : uint8_t { kNo, kYes };
  Result<> lock(Waiter& waiter, const Futex& futex, uint32_t tid, LockWait wait,
                const Deadline& deadline, const std::function<bool(uint32_t)>& owner_exists)
      EXCLUDES(mutex_);
  // Whoever had these ends: each goes to who has waited longest, marked FUTEX_OWNER_DIED.
  void owner_died(uint32_t tid) EXCLUDES(mutex_);
  // EPERM if another has it.
  Result<> unlock(const Futex& futex, uint32_t tid) EXCLUDES(mutex_);

 private:
  struct Entry {
    FutexKey key;
    std::shared_ptr<const void> shared;
    Waiter* waiter = nullptr;
    // Its word as the waiter has it, for locks.
    const Futex* futex = nullptr;
    uint32_t bits = kAnyBit;
    uint32_t tid = 0;  // of those that wait for a lock
    bool woken = false;
    Entry* previous = nullptr;
    Entry* next = nullptr;
  };
  struct Queue {
    Entry* first = nullptr;
    Entry* last = nullptr;
  };
  // Who has waited longest for a lock, and whether others do.
  struct Heirs {
    Entry* first = nullptr;
    bool more = false;

    // What the lock's word is when the first gets it.
    uint32_t word() const;
  };
  static constexpr size_t kQueues = 256;

  Heirs heirs_of(const FutexKey& key) REQUIRES(mutex_);
  uint32_t waiters_bit(const FutexKey& key) EXCLUDES(mutex_);
  bool closes_cycle(const Futex& futex, uint32_t tid) const REQUIRES(mutex_);
  Queue& queue_of(const FutexKey& key) REQUIRES(mutex_);
  void append(Entry& entry) REQUIRES(mutex_);
  void remove(Entry& entry) REQUIRES(mutex_);
  void wake_entry(Entry& entry) REQUIRES(mutex_);
  void hand_over(Entry& entry, uint32_t tid) REQUIRES(mutex_);
  // Whether it had been woken.
  bool leave(Entry& entry) EXCLUDES(mutex_);
  bool was_woken(const Entry& entry) const EXCLUDES(mutex_);
  Result<> sleep(Entry& entry, const Deadline& deadline) EXCLUDES(mutex_);

  mutable Mutex mutex_{LockRank::kWaitQueue};
  // There are none in most small programs: made for the first.
  std::vector<Queue> queues_ GUARDED_BY(mutex_);
  // Those that wait for locks, by thread id: there are none most of the time.
  std::unordered_map<uint32_t, Entry*> lockers_ GUARDED_BY(mutex_);
  std::atomic<size_t> locker_count_{0};
};

}  // namespace rawposix::sync
