// SPDX-License-Identifier: Apache-2.0
// POSIX record locks (man 2 fcntl, "Advisory record locking") between the cages of a world and the
// processes of the host. Linux would take all cages for one process, so who holds what among them
// is kept here; the union of it is mirrored on the host as an open-file-description lock, through
// one descriptor of our own per file, so that other processes meet it and we meet theirs.
//
// Lock order: LockRank::kFileLocks; nothing else is taken and nothing waits under it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

#include "abi/fcntl.h"
#include "fs/counted_fd.h"
#include "fs/lock_list.h"
#include "support/mutex.h"
#include "support/result.h"
#include "sync/wait_queue.h"

namespace rawposix::fs {

class RecordLocks {
 public:
  explicit RecordLocks(Descriptors& descriptors) : descriptors_(descriptors) {}
  RecordLocks(const RecordLocks&) = delete;
  RecordLocks& operator=(const RecordLocks&) = delete;

  // `fd` is the host's. lock.type F_UNLCK unlocks; the range is from SEEK_SET. EAGAIN if it is held
  // elsewhere and there is no waiter; EDEADLK; kRestart; ENOLCK if this world has too many, or the
  // host.
  Result<> set(int fd, const LockOwner& owner, sync::Waiter* waiter, const abi::Flock& lock);
  // Fills in the first lock in the way, or type F_UNLCK.
  Result<> test(int fd, const LockOwner& owner, abi::Flock& lock);
  // Drops all locks of an owner on a file: one of its descriptors for the file is closed.
  void drop(int fd, const FdTable& owner);

 private:
  struct Entry {
    CountedFd mirror;  // none for files that Linux keeps no useful locks on
    LockList locks;
    int users = 0;  // calls at work on it
  };
  using Key = std::pair<uint64_t, uint64_t>;  // device, inode
  using Entries = std::map<Key, Entry>;

  // Keeps an entry while a call works on it, and removes it with its last lock.
  class Use;

  Result<> acquire(Entry& entry, const RangeLock& wanted, sync::Waiter* waiter);
  // False: another cage was in the way, but may no longer be.
  Result<bool> try_acquire(Entry& entry, const RangeLock& wanted, sync::Waiter* waiter);
  Result<bool> acquire_outside(Entry& entry, const RangeLock& wanted, sync::Waiter& waiter);
  Result<> check_release(const Entry& entry, const RangeLock& range) const;
  void release(Entry& entry, const FdTable* owner, int64_t start, int64_t end);
  bool would_deadlock(const FdTable* waiter, const FdTable* holder) const REQUIRES(mutex_);
  // Changes the locks of a file, and counts them.
  template <class Change>
  void change(Entry& entry, Change change) REQUIRES(mutex_);

  Descriptors& descriptors_;
  mutable Mutex mutex_{LockRank::kFileLocks};
  Entries entries_ GUARDED_BY(mutex_);
  size_t ranges_ GUARDED_BY(mutex_) = 0;                                 // of all files
  std::map<const FdTable*, const FdTable*> waiting_ GUARDED_BY(mutex_);  // waiter -> holder
  sync::WaitQueue changes_;
  std::atomic<uint64_t> entry_count_{0};  // so that close() need not look
};

}  // namespace rawposix::fs
