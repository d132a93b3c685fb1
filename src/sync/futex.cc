// SPDX-License-Identifier: Apache-2.0
#include "sync/futex.h"

#include <linux/futex.h>

#include <bit>
#include <utility>
#include <vector>

namespace rawposix::sync {

FutexTable::Queue& FutexTable::queue_of(const FutexKey& key) {
  uint64_t mixed = std::bit_cast<uint64_t>(key.owner) / 64 + key.inode * 31 + key.offset / 4;
  mixed ^= mixed >> 17;
  if (queues_.empty()) queues_.resize(kQueues);
  return queues_[mixed % kQueues];
}

void FutexTable::append(Entry& entry) {
  if (entry.tid != 0) {
    lockers_[entry.tid] = &entry;
    locker_count_.fetch_add(1, std::memory_order_seq_cst);
  }
  Queue& queue = queue_of(entry.key);
  entry.previous = queue.last;
  entry.next = nullptr;
  (queue.last != nullptr ? queue.last->next : queue.first) = &entry;
  queue.last = &entry;
}

void FutexTable::remove(Entry& entry) {
  if (entry.tid != 0) {
    lockers_.erase(entry.tid);
    locker_count_.fetch_sub(1, std::memory_order_relaxed);
  }
  Queue& queue = queue_of(entry.key);
  (entry.previous != nullptr ? entry.previous->next : queue.first) = entry.next;
  (entry.next != nullptr ? entry.next->previous : queue.last) = entry.previous;
}

void FutexTable::wake_entry(Entry& entry) {
  remove(entry);
  entry.woken = true;
  // Under the lock: a waiter takes it before it leaves.
  entry.waiter->wake();
}

bool FutexTable::leave(Entry& entry) {
  MutexLock lock(mutex_);
  if (!entry.woken) remove(entry);
  return entry.woken;
}

bool FutexTable::was_woken(const Entry& entry) const {
  MutexLock lock(mutex_);
  return entry.woken;
}

Result<> FutexTable::sleep(Entry& entry, const Deadline& deadline) {
  while (!was_woken(entry)) {
    Result<> parked = entry.waiter->park(deadline);
    if (parked.ok()) continue;
    if (leave(entry)) return {};
    return parked;
  }
  return {};
}

Result<> FutexTable::wait(Waiter& waiter, const Futex& futex, uint32_t expected, uint32_t bits,
                          const Deadline& deadline) {
  Entry entry{.key = futex.key, .shared = futex.shared, .waiter = &waiter, .bits = bits};
  {
    MutexLock lock(mutex_);
    append(entry);
  }
  Result<uint32_t> found = futex.memory.load_word(futex.address);
  if (!found.ok() || found.value() != expected) {
    // Woken all the same: then it counts as that.
    if (leave(entry) && found.ok()) return {};
    return found.ok() ? Errno(EAGAIN) : found.error();
  }
  return sleep(entry, deadline);
}

uint32_t FutexTable::wake(const FutexKey& key, int32_t most, uint32_t bits) {
  int32_t woken = 0;
  MutexLock lock(mutex_);
  for (Entry* entry = queue_of(key).first; entry != nullptr;) {
    Entry* next = entry->next;
    if (entry->key == key && (entry->bits & bits) != 0 && entry->tid == 0) {
      wake_entry(*entry);
      if (++woken >= most) break;
    }
    entry = next;
  }
  return static_cast<uint32_t>(woken);
}

Result<FutexTable::Requeued> FutexTable::requeue(const Futex& from, const Futex& to,
                                                 uint32_t most_woken, uint32_t most_moved,
                                                 std::optional<uint32_t> expected) {
  Requeued done;
  std::vector<std::shared_ptr<const void>> left;  // let go of without the lock
  // Touched first, so that nobody waits for the lock while a page is read.
  if (expected) TRY(from.memory.load_word(from.address));
  MutexLock lock(mutex_);
  if (expected && TRY(from.memory.load_word(from.address)) != *expected) return Errno(EAGAIN);
  // What is moved comes after it, and may be for the same futex again.
  const Entry* const last = queue_of(from.key).last;
  for (Entry* entry = queue_of(from.key).first; entry != nullptr;) {
    Entry* const next = entry != last ? entry->next : nullptr;
    if (entry->key == from.key && entry->tid == 0) {
      if (done.woken < most_woken) {
        wake_entry(*entry);
        done.woken++;
      } else if (done.moved < most_moved) {
        remove(*entry);
        entry->key = to.key;
        left.push_back(std::exchange(entry->shared, to.shared));
        append(*entry);
        done.moved++;
      } else {
        break;
      }
    }
    entry = next;
  }
  return done;
}

Result<> FutexTable::lock(Waiter& waiter, const Futex& futex, uint32_t tid, LockWait wait,
                          const Deadline& deadline,
                          const std::function<bool(uint32_t)>& owner_exists) {
  Entry entry{
      .key = futex.key, .shared = futex.shared, .waiter = &waiter, .futex = &futex, .tid = tid};
  while (true) {
    uint32_t word = TRY(futex.memory.load_word(futex.address));
    const uint32_t owner = word & FUTEX_TID_MASK;
    if (owner == tid) return Errno(EDEADLK);
    if (owner == 0) {
      const uint32_t taken = tid | (word & FUTEX_OWNER_DIED) | waiters_bit(futex.key);
      if (TRY(futex.memory.exchange_word_if(futex.address, word, taken))) return {};
      continue;
    }
    if (!owner_exists(owner)) return Errno(ESRCH);
    if (wait == LockWait::kNo) return Errno(EAGAIN);
    {
      MutexLock guard(mutex_);
      if (closes_cycle(futex, tid)) return Errno(EDEADLK);
      entry.woken = false;
      append(entry);
    }
    // Had it ended just before, owner_died() would not have found the entry.
    if (!owner_exists(owner)) {
      if (leave(entry)) return {};
      continue;
    }
    // From here on an unlock() comes into the kernel, which finds the entry.
    Result<bool> marked = futex.memory.exchange_word_if(futex.address, word, word | FUTEX_WAITERS);
    if (!marked.ok() || !marked.value()) {
      if (leave(entry)) return {};
      if (!marked.ok()) return marked.error();
      continue;
    }
    // Woken by unlock(), which has made us the owner.
    return sleep(entry, deadline);
  }
}

// The word changes hands and the heir is woken in one step under the lock: a waiter that gives up
// either has been woken, and owns it, or is not found here any more. The word was touched just
// before, so that a page which must be fetched does not hold up others.
Result<> FutexTable::unlock(const Futex& futex, uint32_t tid) {
  while (true) {
    uint32_t word = TRY(futex.memory.load_word(futex.address));
    if ((word & FUTEX_TID_MASK) != tid) return Errno(EPERM);
    MutexLock guard(mutex_);
    const Heirs heirs = heirs_of(futex.key);
    if (!TRY(futex.memory.exchange_word_if(futex.address, word, heirs.word()))) continue;
    if (heirs.first != nullptr) wake_entry(*heirs.first);
    return {};
  }
}

FutexTable::Heirs FutexTable::heirs_of(const FutexKey& key) {
  Heirs heirs;
  for (Entry* entry = queue_of(key).first; entry != nullptr && !heirs.more; entry = entry->next) {
    if (!(entry->key == key) || entry->tid == 0) continue;
    heirs.more = heirs.first != nullptr;
    if (heirs.first == nullptr) heirs.first = entry;
  }
  return heirs;
}

uint32_t FutexTable::waiters_bit(const FutexKey& key) {
  if (locker_count_.load(std::memory_order_relaxed) == 0) return 0;
  MutexLock guard(mutex_);
  return heirs_of(key).first != nullptr ? FUTEX_WAITERS : 0;
}

// Whether who has the lock waits, through whatever chain of locks and their owners, for one that
// `tid` has. All words are read under the lock: those that wait can't give up anything meanwhile.
bool FutexTable::closes_cycle(const Futex& futex, uint32_t tid) const {
  constexpr int kLongestChain = 1024;  // kernel/locking/rtmutex.c, max_lock_depth
  const Futex* at = &futex;
  for (int length = 0; length < kLongestChain; length++) {
    const Result<uint32_t> word = at->memory.load_word(at->address);
    if (!word.ok()) return false;
    const uint32_t owner = word.value() & FUTEX_TID_MASK;
    if (owner == tid) return true;
    const auto found = lockers_.find(owner);
    if (found == lockers_.end()) return false;
    at = found->second->futex;
  }
  return true;
}

uint32_t FutexTable::Heirs::word() const {
  return first == nullptr ? 0 : first->tid | (more ? FUTEX_WAITERS : 0);
}

// Words are read and changed through their waiters, which are there as long as the lock is held,
// and which have touched them before.
void FutexTable::owner_died(uint32_t tid) {
  if (locker_count_.load(std::memory_order_seq_cst) == 0) return;
  MutexLock guard(mutex_);
  for (Queue& queue : queues_) {
    for (Entry* entry = queue.first; entry != nullptr;) {
      Entry* const next = entry->next;
      if (entry->tid != 0) hand_over(*entry, tid);
      entry = next;
    }
  }
}

// Linux doesn't look whether others wait (kernel/futex/pi.c, fixup_pi_state_owner()).
constexpr uint32_t kInherited = FUTEX_WAITERS | FUTEX_OWNER_DIED;

// If the lock that it waits for is `tid`'s. Nothing, if the entry isn't the one to get it.
void FutexTable::hand_over(Entry& entry, uint32_t tid) {
  const Heirs heirs = heirs_of(entry.key);
  if (heirs.first != &entry) return;
  const Futex& futex = *entry.futex;
  while (true) {
    Result<uint32_t> word = futex.memory.load_word(futex.address);
    if (!word.ok() || (word.value() & FUTEX_TID_MASK) != tid) return;
    Result<bool> done =
        futex.memory.exchange_word_if(futex.address, word.value(), heirs.word() | kInherited);
    if (!done.ok()) return;
    if (done.value()) return wake_entry(entry);
  }
}

}  // namespace rawposix::sync
