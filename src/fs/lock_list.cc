// SPDX-License-Identifier: Apache-2.0
#include "fs/lock_list.h"

#include <algorithm>

namespace rawposix::fs {

const RangeLock* LockList::conflict(const RangeLock& wanted) const {
  for (const RangeLock& lock : locks_) {
    if (lock.owner.table == wanted.owner.table) continue;
    if (lock.type == LockType::kRead && wanted.type == LockType::kRead) continue;
    if (lock.overlaps(wanted.start, wanted.end)) return &lock;
  }
  return nullptr;
}

void LockList::insert(const RangeLock& lock) {
  auto place =
      std::upper_bound(locks_.begin(), locks_.end(), lock,
                       [](const RangeLock& a, const RangeLock& b) { return a.start < b.start; });
  locks_.insert(place, lock);
}

void LockList::set(const RangeLock& lock) {
  clear(lock.owner.table, lock.start, lock.end);
  RangeLock whole = lock;
  // Neighbours of the same kind become one with it.
  std::erase_if(locks_, [&](const RangeLock& other) {
    if (other.owner.table != lock.owner.table || other.type != lock.type) return false;
    if (other.end != whole.start && other.start != whole.end) return false;
    whole.start = std::min(whole.start, other.start);
    whole.end = std::max(whole.end, other.end);
    return true;
  });
  insert(whole);
}

void LockList::clear(const FdTable* owner, int64_t start, int64_t end) {
  std::vector<RangeLock> kept;
  std::erase_if(locks_, [&](const RangeLock& lock) {
    if (lock.owner.table != owner || !lock.overlaps(start, end)) return false;
    if (lock.start < start) kept.push_back({lock.start, start, lock.type, lock.owner});
    if (lock.end > end) kept.push_back({end, lock.end, lock.type, lock.owner});
    return true;
  });
  for (const RangeLock& lock : kept) insert(lock);
}

std::vector<RangeLock> LockList::of_owner(const FdTable* owner, int64_t start, int64_t end) const {
  std::vector<RangeLock> found;
  for (RangeLock lock : locks_) {
    if (lock.owner.table != owner || !lock.overlaps(start, end)) continue;
    lock.start = std::max(lock.start, start);
    lock.end = std::min(lock.end, end);
    found.push_back(lock);
  }
  return found;
}

bool LockList::splits(const FdTable* owner, int64_t start, int64_t end) const {
  return std::any_of(locks_.begin(), locks_.end(), [&](const RangeLock& lock) {
    return lock.owner.table == owner && lock.start < start && end < lock.end;
  });
}

std::vector<LockList::Range> LockList::gaps(int64_t start, int64_t end) const {
  std::vector<Range> found;
  int64_t at = start;
  for (const RangeLock& lock : locks_) {
    if (!lock.overlaps(start, end)) continue;
    if (lock.start > at) found.emplace_back(at, std::min(lock.start, end));
    at = std::max(at, lock.end);
  }
  if (at < end) found.emplace_back(at, end);
  return found;
}

}  // namespace rawposix::fs
