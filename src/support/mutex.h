// SPDX-License-Identifier: Apache-2.0
// A mutex that Clang's thread-safety analysis understands, and that knows its place in the lock
// order (docs/locking.md). Builds without NDEBUG check on every lock() that a thread takes
// mutexes in ascending rank only.
#pragma once

#include <cstdint>
#include <mutex>

#include "support/check.h"

#if defined(__clang__)
#define RAWPOSIX_TSA(x) __attribute__((x))
#else
#define RAWPOSIX_TSA(x)
#endif
#define CAPABILITY(x) RAWPOSIX_TSA(capability(x))
#define SCOPED_CAPABILITY RAWPOSIX_TSA(scoped_lockable)
#define GUARDED_BY(x) RAWPOSIX_TSA(guarded_by(x))
#define REQUIRES(...) RAWPOSIX_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) RAWPOSIX_TSA(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) RAWPOSIX_TSA(acquire_capability(__VA_ARGS__))
#define RELEASE(...) RAWPOSIX_TSA(release_capability(__VA_ARGS__))

namespace rawposix {

// One line per kind of lock, outermost first: a thread that holds a lock may take only locks
// further down. docs/locking.md says what each protects.
enum class LockRank : uint8_t {
  kWorld,
  kProcessTree,
  kCage,
  kTask,
  kAddressSpace,
  kMountView,
  kFdTable,
  kFileLocks,
  kOpenFile,
  kPipe,
  kSignals,
  kActions,
  kCageTimers,
  kTimers,
  kWaitQueue,
  kThreadPool,
  kImageCache,
  kSlots,
  kLog,
};

class CAPABILITY("mutex") Mutex {
 public:
  explicit Mutex(LockRank rank) : rank_(rank) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() ACQUIRE() {
    check_order();
    mutex_.lock();
    note_locked();
  }
  void unlock() RELEASE() {
    note_unlocked();
    mutex_.unlock();
  }

 private:
#ifdef NDEBUG
  void check_order() const {}
  void note_locked() const {}
  void note_unlocked() const {}
#else
  // Bit r is set while this thread holds a lock of rank r.
  static uint32_t& held() {
    static thread_local uint32_t held_ranks = 0;
    return held_ranks;
  }
  void check_order() const { CHECK((held() >> static_cast<unsigned>(rank_)) == 0); }
  void note_locked() const { held() |= 1U << static_cast<unsigned>(rank_); }
  void note_unlocked() const { held() &= ~(1U << static_cast<unsigned>(rank_)); }
#endif

  std::mutex mutex_;
  [[maybe_unused]] const LockRank rank_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace rawposix
