// SPDX-License-Identifier: Apache-2.0
#include "cage/futex.h"

#include <linux/futex.h>

#include <utility>

namespace rawposix::cage {
namespace {

constexpr int kMostRobustLocks = 2048;  // ROBUST_LIST_LIMIT

// struct robust_list_head; the lowest bit of a pointer marks a priority-inheritance futex.
struct RobustList {
  uint64_t next;
  int64_t futex_offset;
  uint64_t pending;
};
constexpr uint64_t kPriorityBit = 1;

// Who waits for a shared futex, or else for a private one.
void wake_one(Task& task, mm::GuestAddr address) {
  for (FutexScope scope : {FutexScope::kShared, FutexScope::kPrivate}) {
    Result<sync::Futex> futex = futex_at(task, address, scope);
    if (futex.ok() && task.world().futexes().wake(futex.value().key, 1) > 0) return;
  }
}

// A pending one: the task was about to lock or unlock it.
enum class Listed : uint8_t { kHeld, kPending };

// kernel/futex/core.c, handle_futex_death().
void release_lock(Task& task, uint64_t entry, int64_t offset, Listed listed) {
  mm::GuestAddr address{(entry & ~kPriorityBit) + static_cast<uint64_t>(offset)};
  Result<sync::Futex> futex = futex_at(task, address, FutexScope::kShared);
  if (!futex.ok()) return;
  const mm::GuestMemory& memory = futex.value().memory;
  while (true) {
    Result<uint32_t> word = memory.load_word(address);
    if (!word.ok()) return;
    const uint32_t owner = word.value() & FUTEX_TID_MASK;
    // It was unlocked, and whom that should have woken, or was woken by it, is still to be.
    const bool unlocked = owner == 0 && listed == Listed::kPending && (entry & kPriorityBit) == 0;
    if (unlocked) return wake_one(task, address);
    if (owner != static_cast<uint32_t>(task.tid())) return;
    const uint32_t dead = (word.value() & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
    Result<bool> stored = memory.exchange_word_if(address, word.value(), dead);
    if (!stored.ok()) return;
    if (!stored.value()) continue;
    if ((word.value() & FUTEX_WAITERS) != 0) wake_one(task, address);
    return;
  }
}

}  // namespace

Result<sync::Futex> futex_at(Task& task, mm::GuestAddr address, FutexScope scope) {
  if (address.value % sizeof(uint32_t) != 0) return Errno(EINVAL);
  if (address.value > sfi::kSlotSize - sizeof(uint32_t)) return Errno(EFAULT);
  // Of a private one only the address counts; what looks at the word finds that there is none.
  if (scope == FutexScope::kShared && !mm::in_guest_range(address, sizeof(uint32_t))) {
    return Errno(EFAULT);
  }
  mm::AddressSpace& space = task.cage().address_space();
  sync::FutexKey key{&space, 0, address.value};
  if (scope == FutexScope::kShared) {
    std::optional<mm::SharedPlace> place = space.shared_place(address.value);
    if (place) {
      key = {place->inode == 0 ? place->object.get() : nullptr, place->inode, place->offset};
      return sync::Futex{key, std::move(place->object), task.memory(), address};
    }
  }
  return sync::Futex{key, nullptr, task.memory(), address};
}

namespace {

// man 2 set_robust_list; kernel/futex/core.c, exit_robust_list().
void release_robust_list(Task& task) {
  const mm::GuestAddr start{task.robust_list.exchange(0)};
  if (start.is_null()) return;
  Result<RobustList> head = task.memory().read(mm::UserIn<RobustList>(start));
  if (!head.ok()) return;
  const int64_t offset = head.value().futex_offset;
  const uint64_t pending = head.value().pending;
  uint64_t entry = head.value().next;
  for (int i = 0; i < kMostRobustLocks && (entry & ~kPriorityBit) != start.value; i++) {
    // Read first: who gets the lock may reuse the entry.
    Result<uint64_t> next =
        task.memory().read(mm::UserIn<uint64_t>(mm::GuestAddr{entry & ~kPriorityBit}));
    if ((entry & ~kPriorityBit) != (pending & ~kPriorityBit))
      release_lock(task, entry, offset, Listed::kHeld);
    if (!next.ok()) break;
    entry = next.value();
  }
  if (pending != 0) release_lock(task, pending, offset, Listed::kPending);
}

void clear_tid(Task& task) {
  const mm::GuestAddr word{std::exchange(task.clear_child_tid, 0)};
  if (word.is_null() || !task.cage().shares_memory()) return;
  // Nobody to tell if it can't be written.
  static_cast<void>(task.memory().write(mm::UserOut<int32_t>(word), 0));
  wake_one(task, word);
}

}  // namespace

void release_memory(Task& task) {
  task.world().futexes().owner_died(static_cast<uint32_t>(task.tid()));
  release_robust_list(task);
  clear_tid(task);
}

}  // namespace rawposix::cage
