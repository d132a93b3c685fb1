// SPDX-License-Identifier: Apache-2.0
#include "fs/lock_list.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace rawposix::fs {
namespace {

const FdTable* owner(int number) { return reinterpret_cast<const FdTable*>(0x1000L * number); }

RangeLock lock(int who, int64_t start, int64_t end, LockType type) {
  return {start, end, type, {owner(who), who}};
}

TEST(LockList, SplitsAndJoins) {
  LockList list;
  list.set(lock(1, 0, 100, LockType::kWrite));
  list.set(lock(1, 40, 60, LockType::kRead));
  EXPECT_EQ(list.locks().size(), 3U);
  list.clear(owner(1), 45, 50);
  EXPECT_EQ(list.locks().size(), 4U);
  list.set(lock(1, 40, 60, LockType::kWrite));
  EXPECT_EQ(list.locks().size(), 1U);
  EXPECT_EQ(list.gaps(50, 200), (std::vector<LockList::Range>{{100, 200}}));
  list.clear(owner(1), 0, kLockEnd);
  EXPECT_TRUE(list.empty());
}

// Random operations against one byte after the other.
TEST(LockList, AgreesWithBytes) {
  constexpr int kBytes = 40;
  constexpr int kOwners = 3;
  std::mt19937 random(7);
  for (int round = 0; round < 200; round++) {
    LockList list;
    std::array<std::array<int, kBytes>, kOwners + 1> bytes{};  // 0 none, 1 read, 2 write
    for (int step = 0; step < 60; step++) {
      int who = 1 + static_cast<int>(random() % kOwners);
      int start = static_cast<int>(random() % kBytes);
      int end = start + 1 + static_cast<int>(random() % (kBytes - start));
      int kind = static_cast<int>(random() % 3);
      RangeLock wanted = lock(who, start, end, kind == 2 ? LockType::kWrite : LockType::kRead);
      bool free = true;
      for (int other = 1; other <= kOwners; other++) {
        for (int at = start; at < end && other != who; at++) {
          int has = bytes[other][at];
          if (has == 2 || (has == 1 && kind == 2)) free = false;
        }
      }
      if (kind == 0) {
        list.clear(owner(who), start, end);
      } else {
        ASSERT_EQ(list.conflict(wanted) == nullptr, free);
        if (!free) continue;
        list.set(wanted);
      }
      for (int at = start; at < end; at++) bytes[who][at] = kind;
      for (int at = 0; at < kBytes; at++) {
        bool taken = bytes[1][at] + bytes[2][at] + bytes[3][at] != 0;
        ASSERT_EQ(list.gaps(at, at + 1).empty(), taken);
        for (int each = 1; each <= kOwners; each++) {
          auto found = list.of_owner(owner(each), at, at + 1);
          ASSERT_EQ(found.size(), bytes[each][at] != 0 ? 1U : 0U);
          if (!found.empty()) {
            ASSERT_EQ(found[0].type == LockType::kWrite, bytes[each][at] == 2);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace rawposix::fs
