// SPDX-License-Identifier: Apache-2.0
#include "fs/record_locks.h"

#include <algorithm>
#include <optional>

#include "host/file.h"

namespace rawposix::fs {
namespace {

int64_t length_of(int64_t start, int64_t end) { return end == kLockEnd ? 0 : end - start; }

struct flock to_host(short type, int64_t start, int64_t end) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length_of(start, end);
  return lock;
}

struct flock to_host(const RangeLock& lock) {
  return to_host(lock.type == LockType::kWrite ? F_WRLCK : F_RDLCK, lock.start, lock.end);
}

RangeLock from_guest(const abi::Flock& lock, const LockOwner& owner) {
  int64_t end = lock.length == 0 ? kLockEnd : lock.start + lock.length;
  return {lock.start, end, lock.type == F_WRLCK ? LockType::kWrite : LockType::kRead, owner};
}

// Ranges that a world can have locked: each change of a file's takes time in proportion to them.
constexpr size_t kMostRanges = 16'384;

// A descriptor that can carry both kinds of lock, or none if the file lets us have none. It is
// never read or written. ENOLCK.
Result<CountedFd> open_mirror(int fd, Descriptors& descriptors) {
  for (int access : {O_RDWR, O_RDONLY, O_WRONLY}) {
    Result<CountedFd> mirror = descriptors.open([&] { return host::reopen(fd, access); });
    if (mirror.ok()) return mirror;
    const Errno error = mirror.error();
    if (error == Errno(ENFILE) || error == Errno(EMFILE) || error == Errno(ENOMEM)) {
      return Errno(ENOLCK);
    }
  }
  return CountedFd();
}

}  // namespace

class RecordLocks::Use {
 public:
  // ENOENT if nobody has locks on the file.
  static Result<Use> find(RecordLocks& locks, int fd) {
    abi::Stat status = TRY(host::status(fd));
    Key key{status.st_dev, status.st_ino};
    MutexLock lock(locks.mutex_);
    auto found = locks.entries_.find(key);
    if (found == locks.entries_.end()) return Errno(ENOENT);
    found->second.users++;
    return Use(locks, key, found->second);
  }

  // Makes an entry if there is none.
  static Result<Use> of(RecordLocks& locks, int fd) {
    abi::Stat status = TRY(host::status(fd));
    Key key{status.st_dev, status.st_ino};
    {
      Result<Use> found = find(locks, fd);
      if (found.ok()) return found;
    }
    // Opened before the lock is taken.
    CountedFd mirror;
    if (S_ISREG(status.st_mode)) mirror = TRY(open_mirror(fd, locks.descriptors_));
    MutexLock lock(locks.mutex_);
    Entry& entry = locks.entries_[key];
    locks.entry_count_.store(locks.entries_.size(), std::memory_order_release);
    if (entry.users++ == 0 && !entry.mirror.valid()) entry.mirror = std::move(mirror);
    return Use(locks, key, entry);
  }

  Use(Use&& other) noexcept
      : locks_(other.locks_),
        key_(std::move(other.key_)),
        entry_(std::exchange(other.entry_, nullptr)) {}
  Use& operator=(Use&&) = delete;
  ~Use() {
    if (entry_ == nullptr) return;
    MutexLock lock(locks_.mutex_);
    if (--entry_->users > 0 || !entry_->locks.empty()) return;
    locks_.entries_.erase(key_);
    locks_.entry_count_.store(locks_.entries_.size(), std::memory_order_release);
  }

  Entry& entry() { return *entry_; }

 private:
  Use(RecordLocks& locks, Key key, Entry& entry) : locks_(locks), key_(key), entry_(&entry) {}
  RecordLocks& locks_;
  Key key_;
  Entry* entry_;
};

Result<> RecordLocks::set(int fd, const LockOwner& owner, sync::Waiter* waiter,
                          const abi::Flock& lock) {
  Use use = TRY(Use::of(*this, fd));
  RangeLock wanted = from_guest(lock, owner);
  if (lock.type != F_UNLCK) return acquire(use.entry(), wanted, waiter);
  TRY(check_release(use.entry(), wanted));
  release(use.entry(), owner.table, wanted.start, wanted.end);
  return {};
}

template <class Change>
void RecordLocks::change(Entry& entry, Change change) {
  const size_t before = entry.locks.locks().size();
  change(entry.locks);
  ranges_ += entry.locks.locks().size() - before;
}

// Unlocking the middle of a range makes two of it.
Result<> RecordLocks::check_release(const Entry& entry, const RangeLock& range) const {
  MutexLock lock(mutex_);
  if (ranges_ < kMostRanges) return {};
  if (entry.locks.splits(range.owner.table, range.start, range.end)) return Errno(ENOLCK);
  return {};
}

Result<> RecordLocks::acquire(Entry& entry, const RangeLock& wanted, sync::Waiter* waiter) {
  std::optional<sync::WaitQueue::Entry> queued;
  if (waiter != nullptr) queued.emplace(changes_, *waiter);
  while (true) {
    bool done = TRY(try_acquire(entry, wanted, waiter));
    if (done) return {};
  }
}

// Nobody inside is in the way once there is no conflict: a write lock is alone in its range and a
// read lock is among read locks. So the host's lock on the range becomes what is wanted.
Result<bool> RecordLocks::try_acquire(Entry& entry, const RangeLock& wanted, sync::Waiter* waiter) {
  const FdTable* holder = nullptr;
  {
    MutexLock lock(mutex_);
    if (const RangeLock* other = entry.locks.conflict(wanted)) {
      if (waiter == nullptr) return Errno(EAGAIN);
      holder = other->owner.table;
      if (would_deadlock(wanted.owner.table, holder)) return Errno(EDEADLK);
      waiting_[wanted.owner.table] = holder;
    } else {
      if (ranges_ >= kMostRanges) return Errno(ENOLCK);
      struct flock host_lock = to_host(wanted);
      Result<> mirrored;
      if (entry.mirror.valid()) {
        mirrored = host::lock_range(entry.mirror.get(), F_OFD_SETLK, host_lock);
      }
      if (mirrored.ok()) {
        change(entry, [&](LockList& locks) { locks.set(wanted); });
        return true;
      }
      const bool held = mirrored.error() == Errno(EAGAIN) || mirrored.error() == Errno(EACCES);
      if (!held) return Errno(ENOLCK);
      if (waiter == nullptr) return Errno(EAGAIN);
    }
  }
  if (holder == nullptr) return acquire_outside(entry, wanted, *waiter);
  Result<> waited = waiter->park();
  MutexLock lock(mutex_);
  waiting_.erase(wanted.owner.table);
  if (!waited.ok()) return waited.error();
  return false;
}

// A process of the host holds it. Inside it counts as ours already while Linux lets us wait, so
// that no other cage overtakes.
Result<bool> RecordLocks::acquire_outside(Entry& entry, const RangeLock& wanted,
                                          sync::Waiter& waiter) {
  std::vector<RangeLock> before;
  {
    MutexLock lock(mutex_);
    if (entry.locks.conflict(wanted) != nullptr) return false;
    before = entry.locks.of_owner(wanted.owner.table, wanted.start, wanted.end);
    change(entry, [&](LockList& locks) { locks.set(wanted); });
  }
  struct flock host_lock = to_host(wanted);
  Result<> outcome = waiter.host_call([&](const host::StopWord& stop) {
    return host::wait_for_range(entry.mirror.get(), host_lock, stop);
  });
  if (outcome.ok()) return true;
  {
    MutexLock lock(mutex_);
    change(entry, [&](LockList& locks) {
      locks.clear(wanted.owner.table, wanted.start, wanted.end);
      for (const RangeLock& lock_before : before) locks.set(lock_before);
    });
  }
  changes_.wake_all();
  return outcome.error();
}

void RecordLocks::release(Entry& entry, const FdTable* owner, int64_t start, int64_t end) {
  {
    MutexLock lock(mutex_);
    change(entry, [&](LockList& locks) { locks.clear(owner, start, end); });
    for (const LockList::Range& gap : entry.locks.gaps(start, end)) {
      if (!entry.mirror.valid()) break;
      struct flock host_lock = to_host(F_UNLCK, gap.first, gap.second);
      // Fails only for lack of memory to split a lock; it then stays until the file is closed.
      static_cast<void>(host::lock_range(entry.mirror.get(), F_OFD_SETLK, host_lock));
    }
  }
  changes_.wake_all();
}

bool RecordLocks::would_deadlock(const FdTable* waiter, const FdTable* holder) const {
  // As many steps as there are waiters, in case of a cycle that others form.
  for (size_t steps = 0; steps <= waiting_.size(); steps++) {
    if (holder == waiter) return true;
    auto next = waiting_.find(holder);
    if (next == waiting_.end()) return false;
    holder = next->second;
  }
  return false;
}

Result<> RecordLocks::test(int fd, const LockOwner& owner, abi::Flock& lock) {
  Use use = TRY(Use::of(*this, fd));
  Entry& entry = use.entry();
  RangeLock wanted = from_guest(lock, owner);
  MutexLock guard(mutex_);
  if (const RangeLock* other = entry.locks.conflict(wanted)) {
    lock.type = other->type == LockType::kWrite ? F_WRLCK : F_RDLCK;
    lock.whence = SEEK_SET;
    lock.start = other->start;
    lock.length = length_of(other->start, other->end);
    lock.pid = other->owner.pid;
    return {};
  }
  struct flock outside = to_host(wanted);
  outside.l_type = lock.type;
  if (entry.mirror.valid()) {
    TRY(host::lock_range(entry.mirror.get(), F_OFD_GETLK, outside));
  } else {
    outside.l_type = F_UNLCK;
  }
  lock.type = outside.l_type;
  if (outside.l_type == F_UNLCK) return {};
  lock.whence = SEEK_SET;
  lock.start = outside.l_start;
  lock.length = outside.l_len;
  // As Linux shows processes that have no number in the caller's pid namespace.
  lock.pid = outside.l_pid == -1 ? -1 : 0;
  return {};
}

void RecordLocks::drop(int fd, const FdTable& owner) {
  if (entry_count_.load(std::memory_order_acquire) == 0) return;
  Result<Use> use = Use::find(*this, fd);
  if (use.ok()) release(use.value().entry(), &owner, 0, kLockEnd);
}

}  // namespace rawposix::fs
