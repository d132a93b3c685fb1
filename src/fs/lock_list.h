// SPDX-License-Identifier: Apache-2.0
// The record locks of one file, by the rules of man 2 fcntl, without any waiting.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "fs/file.h"

namespace rawposix::fs {

enum class LockType : uint8_t { kRead, kWrite };

// To the end of the file, however long it gets.
inline constexpr int64_t kLockEnd = INT64_MAX;

// A lock on [start, end), of one owner.
struct RangeLock {
  int64_t start = 0;
  int64_t end = 0;
  LockType type = LockType::kRead;
  LockOwner owner;

  bool overlaps(int64_t from, int64_t to) const { return start < to && from < end; }
};

class LockList {
 public:
  using Range = std::pair<int64_t, int64_t>;

  // The first lock of another owner that keeps `wanted` out; null if there is none.
  const RangeLock* conflict(const RangeLock& wanted) const;
  // Gives the owner this lock, in place of what it had in the range.
  void set(const RangeLock& lock);
  void clear(const FdTable* owner, int64_t start, int64_t end);
  // What an owner has in a range, cut to it.
  std::vector<RangeLock> of_owner(const FdTable* owner, int64_t start, int64_t end) const;
  // Whether clear() would leave more locks than there are.
  bool splits(const FdTable* owner, int64_t start, int64_t end) const;
  // The parts of a range that nobody has.
  std::vector<Range> gaps(int64_t start, int64_t end) const;
  bool empty() const { return locks_.empty(); }
  const std::vector<RangeLock>& locks() const { return locks_; }

 private:
  void insert(const RangeLock& lock);

  std::vector<RangeLock> locks_;  // by start; an owner's own never overlap or touch with one type
};

}  // namespace rawposix::fs
