// SPDX-License-Identifier: Apache-2.0
#include "sfi/slots.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>
#include <set>
#include <thread>

#include "host/memory.h"
#include "host/test_mappings.h"
#include "sfi/fault.h"
#include "sfi/safe_copy.h"

namespace rawposix::sfi {
namespace {

class Slots : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(install_fault_handlers().ok()); }

  static Slot acquire(SlotArena& arena) {
    auto slot = arena.acquire();
    EXPECT_TRUE(slot.ok());
    return std::move(slot).value();
  }
  static void map_page(Slot& slot, uint64_t offset, char fill) {
    auto page =
        host::map(slot.base() + offset, kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED);
    ASSERT_TRUE(page.ok());
    memset(page.value(), fill, kPageSize);
  }
  static bool readable(const std::byte* address) {
    std::byte byte;
    return sfi_safe_copy(&byte, address, 1) == 0;
  }
};

TEST_F(Slots, AreAlignedDistinctAndInaccessible) {
  SlotArena arena;
  std::set<std::byte*> bases;
  std::vector<Slot> slots;
  for (int i = 0; i < 200; ++i) {
    slots.push_back(acquire(arena));
    std::byte* base = slots.back().base();
    EXPECT_EQ(reinterpret_cast<uint64_t>(base) % kSlotSize, 0U);
    EXPECT_TRUE(bases.insert(base).second);
    for (uint64_t offset : {uint64_t{0}, kGuestStart, kImageStart, kStackTop - 1, kSlotSize - 1}) {
      EXPECT_FALSE(readable(base + offset));
    }
  }
  EXPECT_EQ(arena.slots_in_use(), 200U);
}

TEST_F(Slots, AFreedSlotLooksFresh) {
  SlotArena arena;
  Slot slot = acquire(arena);
  std::byte* base = slot.base();
  map_page(slot, kImageStart, 'a');
  map_page(slot, kStackTop - kPageSize, 'b');
  slot = Slot();
  EXPECT_EQ(arena.slots_in_use(), 0U);

  slot = acquire(arena);
  ASSERT_EQ(slot.base(), base) << "the slot used last is handed out first";
  EXPECT_FALSE(readable(base + kImageStart));
  EXPECT_FALSE(readable(base + kStackTop - kPageSize));
  ASSERT_TRUE(host::protect(base + kImageStart, kPageSize, PROT_READ).ok());
  EXPECT_EQ(base[kImageStart], std::byte{0}) << "and shows zeroes when made accessible";
}

TEST_F(Slots, TheLimitIsENOMEMAndPasses) {
  SlotArena arena({.slots_per_chunk = 2, .max_slots = 3});
  Slot first = acquire(arena);
  Slot second = acquire(arena);
  Slot third = acquire(arena);
  auto refused = arena.acquire();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error(), Errno(ENOMEM));
  second = Slot();
  EXPECT_TRUE(arena.acquire().ok());
}

TEST_F(Slots, ScarceAddressSpaceGivesSmallerChunksThenENOMEM) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  // What the process has, which under a sanitizer is much, plus room for a few slots.
  FILE* statm = fopen("/proc/self/statm", "r");
  ASSERT_NE(statm, nullptr);
  uint64_t pages = 0;
  ASSERT_EQ(fscanf(statm, "%lu", &pages), 1);
  fclose(statm);
  rlimit tight = {pages * kPageSize + 6 * kSlotSize, before.rlim_max};
  if (setrlimit(RLIMIT_AS, &tight) != 0) GTEST_SKIP() << "RLIMIT_AS can't be set";
  unsigned made = 0;
  Errno error(0);
  {
    SlotArena arena;
    std::vector<Slot> slots;
    for (; made < 64; ++made) {
      auto slot = arena.acquire();
      if (!slot.ok()) {
        error = slot.error();
        break;
      }
      slots.push_back(std::move(slot).value());
    }
  }
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_GE(made, 4U);
  EXPECT_LE(made, 6U);
  EXPECT_EQ(error, Errno(ENOMEM));
}

// What a stack pointer at either end of a slot reaches with its displacement.
TEST_F(Slots, NothingOfTheHostsIsNextToThem) {
  SlotArena arena({.slots_per_chunk = 1});
  for (int i = 0; i < 3; ++i) {
    Slot slot = acquire(arena);
    std::byte* end = slot.base() + kSlotSize;
    for (std::byte* at :
         {slot.base() - kGuardSize, slot.base() - kPageSize, end, end + kGuardSize - kPageSize}) {
      EXPECT_FALSE(readable(at));
      auto mapped = host::map(at, kPageSize, PROT_NONE, MAP_PRIVATE | MAP_FIXED_NOREPLACE);
      EXPECT_FALSE(mapped.ok());
    }
  }
}

TEST_F(Slots, OneThatCantBeClearedWaitsUntilItCan) {
  SKIP_UNLESS_MAPPINGS_CAN_BE_USED_UP();
  SlotArena arena({.slots_per_chunk = 1, .max_slots = 1});
  Slot slot = acquire(arena);
  map_page(slot, kImageStart, 'a');
  {
    host::UsedUpMappings none_left;
    if (!none_left.fill()) GTEST_SKIP() << "this host has no bound that could be reached";
    slot = Slot();
    EXPECT_EQ(arena.slots_in_use(), 0U);
    none_left.fill();
    auto refused = arena.acquire();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error(), Errno(ENOMEM));
  }
  slot = acquire(arena);
  EXPECT_FALSE(readable(slot.base() + kImageStart));
}

TEST_F(Slots, CanBeGivenUpWithoutMappings) {
  SKIP_UNLESS_MAPPINGS_CAN_BE_USED_UP();
  host::UsedUpMappings none_left;
  SlotArena arena({.slots_per_chunk = 1, .max_slots = 2});
  static_cast<void>(arena.acquire());
}

TEST_F(Slots, ManyThreadsShareOneArena) {
  SlotArena arena({.slots_per_chunk = 4});
  std::vector<std::thread> threads;
  for (char id = 1; id <= 4; ++id) {
    threads.emplace_back([&arena, id] {
      for (int i = 0; i < 100; ++i) {
        Slot slot = acquire(arena);
        map_page(slot, kImageStart, id);
        EXPECT_EQ(slot.base()[kImageStart + 100], static_cast<std::byte>(id));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(arena.slots_in_use(), 0U);
}

}  // namespace
}  // namespace rawposix::sfi
