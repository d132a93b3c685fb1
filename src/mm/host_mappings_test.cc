// SPDX-License-Identifier: Apache-2.0
// Mappings of the host: that what is counted is never less than what there is, and what becomes of
// a cage, and of others, when there are no more.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>

#include "host/mappings.h"
#include "host/memory.h"
#include "host/test_mappings.h"
#include "mm/address_space.h"
#include "sfi/fault.h"
#include "sfi/safe_copy.h"

namespace rawposix::mm {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;
constexpr uint64_t kAt = 0x40000000;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr int kMoveTo = MREMAP_MAYMOVE | MREMAP_FIXED;

std::vector<uint64_t> real_edges(const std::byte* base) {
  auto edges = host::mapping_edges(base, sfi::kSlotSize);
  EXPECT_TRUE(edges.ok());
  return edges.ok() ? std::move(edges).value() : std::vector<uint64_t>();
}

// Random changes of one slot's mappings, straight at the host.
class RandomChanges : public testing::TestWithParam<uint32_t> {
 protected:
  static constexpr uint64_t kPages = 64;

  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  void SetUp() override {
    auto slot = arena_.acquire();
    ASSERT_TRUE(slot.ok());
    pages_.emplace(std::move(slot).value());
    auto memory = host::create_memory_file("test", 2 * kPages * kPage);
    ASSERT_TRUE(memory.ok());
    file_ = std::move(memory).value();
  }
  uint64_t below(uint64_t bound) { return random_() % bound; }
  int protection() {
    constexpr int kChoices[] = {PROT_NONE, PROT_READ, kReadWrite, kReadWrite, kReadWrite};
    return kChoices[below(5)];
  }

  void change() {
    uint64_t start = kAt + below(kPages) * kPage;
    uint64_t size = (1 + below(8)) * kPage;
    // Moves go to the second half, where nothing else is, and back.
    uint64_t to = kAt + (2 * kPages + below(kPages)) * kPage;
    if (below(2) == 0) std::swap(start, to);
    int flags = (below(4) == 0 ? MAP_SHARED : MAP_PRIVATE) | (below(4) == 0 ? MAP_NORESERVE : 0);
    switch (below(8)) {
      case 0:
      case 1:
        static_cast<void>(pages_->map(start, size, protection(), flags));
        break;
      case 2:
        static_cast<void>(pages_->map(start, size, PROT_READ, flags, file_.get(), start - kAt));
        break;
      case 3:
        static_cast<void>(pages_->release(start, size));
        break;
      case 4:
        static_cast<void>(pages_->protect(start, size, protection()));
        break;
      case 5:
        static_cast<void>(pages_->move(start, size, to));
        break;
      case 6:
        static_cast<void>(pages_->duplicate_shared(start, size, to));
        break;
      default:
        for (uint64_t at = start; at < start + size; at += kPage) {
          static_cast<void>(sfi_safe_fill(pages_->base() + at, 1, 1));
        }
        break;
    }
  }

  sfi::SlotArena arena_;
  std::optional<SlotPages> pages_;
  UniqueFd file_;
  std::mt19937 random_{GetParam()};
};

TEST_P(RandomChanges, EveryEdgeOfTheHostsIsKnown) {
  uint64_t known_most = 0;
  for (int round = 0; round < 4000; ++round) {
    change();
    std::vector<uint64_t> known;
    pages_->host_map().for_each_part(0, sfi::kSlotSize, [&](uint64_t, uint64_t end) {
      known.push_back(end);
      return true;
    });
    std::vector<uint64_t> real = real_edges(pages_->base());
    std::vector<uint64_t> unknown;
    std::set_difference(real.begin(), real.end(), known.begin(), known.end(),
                        std::back_inserter(unknown));
    ASSERT_TRUE(unknown.empty()) << "round " << round << ": " << std::hex << unknown.front();
    known_most = std::max(known_most, known.size());
  }
  EXPECT_GT(known_most, 20U);  // so there was something to compare
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomChanges, testing::Range(1U, 4U));

class HostMappings : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  static std::unique_ptr<AddressSpace> make(sfi::SlotArena& arena) {
    auto space = AddressSpace::create(arena);
    EXPECT_TRUE(space.ok());
    return std::move(space).value();
  }
  template <class T>
  static int error_of(const Result<T>& result) {
    return result.ok() ? 0 : result.error().number();
  }
  static Result<GuestAddr> map(AddressSpace& space, uint64_t at, uint64_t pages,
                               int protection = kReadWrite, int flags = kAnonymous) {
    return space.mmap({GuestAddr{at}, pages * kPage, protection, flags, {}, 0});
  }
  static bool poke(AddressSpace& space, uint64_t at) {
    return space.guest_memory().fill(GuestAddr{at}, std::byte{1}, 1).ok();
  }
  // One page, moved by itself so that no other is ever its neighbour in the host's eyes.
  static int move_page(AddressSpace& space, uint64_t to) {
    auto page = map(space, 0, 1);
    if (!page.ok()) return page.error().number();
    EXPECT_TRUE(poke(space, page.value().value));
    auto moved = space.mremap(page.value(), kPage, kPage, kMoveTo, GuestAddr{to});
    if (!moved.ok()) static_cast<void>(space.munmap(page.value(), kPage));
    return error_of(moved);
  }
  static int move_pages(AddressSpace& space, uint64_t pages) {
    for (uint64_t i = pages; i-- > 0;) {
      if (int error = move_page(space, kAt + i * kPage); error != 0) return error;
    }
    return 0;
  }

  Budget budget_{4000, 32};
  sfi::SlotArena arena_{{.slots_per_chunk = 8, .max_slots = 64, .mapping_budget = &budget_}};
};

TEST_F(HostMappings, PagesInReverseOrderAreCountedOneByOne) {
  auto space = make(arena_);
  EXPECT_EQ(move_pages(*space, 2000), ENOMEM);
  EXPECT_LE(budget_.used(), 1500U);
  EXPECT_LE(real_edges(space->base()).size(), space->host_mappings());
  EXPECT_GE(real_edges(space->base()).size(), 1490U);  // the count is no idle threat
  // It can go on with what it has, and gets back what it gives up.
  EXPECT_TRUE(space->munmap(GuestAddr{kAt + 1000 * kPage}, 1000 * kPage).ok());
  EXPECT_EQ(error_of(map(*space, 0x30000000, 1)), 0);
}

TEST_F(HostMappings, EveryOtherPageProtected) {
  auto space = make(arena_);
  ASSERT_TRUE(map(*space, kAt, 4000, kReadWrite, kAnonymous | MAP_FIXED).ok());
  int error = 0;
  for (uint64_t page = 0; page < 4000 && error == 0; page += 2) {
    error = error_of(space->mprotect(GuestAddr{kAt + page * kPage}, kPage, PROT_READ));
  }
  EXPECT_EQ(error, ENOMEM);
  EXPECT_LE(real_edges(space->base()).size(), 1500U);
}

TEST_F(HostMappings, HolesInOneMapping) {
  auto space = make(arena_);
  ASSERT_TRUE(map(*space, kAt, 4000, kReadWrite, kAnonymous | MAP_FIXED).ok());
  int error = 0;
  for (uint64_t page = 1; page < 4000 && error == 0; page += 2) {
    error = error_of(space->munmap(GuestAddr{kAt + page * kPage}, kPage));
  }
  EXPECT_EQ(error, ENOMEM);  // man 2 munmap
  EXPECT_LE(real_edges(space->base()).size(), 1500U);
  EXPECT_TRUE(space->munmap(GuestAddr{kAt}, 4000 * kPage).ok());
}

TEST_F(HostMappings, OtherMappingsOverEveryOtherPage) {
  auto space = make(arena_);
  ASSERT_TRUE(map(*space, kAt, 4000, kReadWrite, kAnonymous | MAP_FIXED).ok());
  int error = 0;
  for (uint64_t page = 1; page < 4000 && error == 0; page += 2) {
    int flags = MAP_FIXED | MAP_ANONYMOUS | (page % 4 == 1 ? MAP_SHARED : MAP_PRIVATE);
    error = error_of(map(*space, kAt + page * kPage, 1, PROT_READ, flags));
  }
  EXPECT_EQ(error, ENOMEM);
  EXPECT_LE(real_edges(space->base()).size(), 1500U);
}

// Pages written while they were apart keep Linux from joining what looks like one mapping.
TEST_F(HostMappings, PagesThatGrewTogether) {
  auto space = make(arena_);
  uint64_t at = kAt;
  int error = 0;
  for (int round = 0; round < 200 && error == 0; ++round, at += 65 * kPage) {
    error = error_of(map(*space, at, 64, kReadWrite, kAnonymous | MAP_FIXED));
    for (uint64_t page = 1; page < 64 && error == 0; page += 2) {
      error = error_of(space->mprotect(GuestAddr{at + page * kPage}, kPage, PROT_NONE));
    }
    if (error != 0) break;
    for (uint64_t page = 0; page < 64; page += 2) EXPECT_TRUE(poke(*space, at + page * kPage));
    error = error_of(space->mprotect(GuestAddr{at}, 64 * kPage, kReadWrite));
    EXPECT_LE(real_edges(space->base()).size(), space->host_mappings());
  }
  EXPECT_EQ(error, ENOMEM);
  EXPECT_LE(real_edges(space->base()).size(), 1500U);
}

// A garbage collector's write barrier: Linux makes one mapping of it all again and again.
TEST_F(HostMappings, WhatLinuxJoinsIsNotCountedForEver) {
  auto space = make(arena_);
  ASSERT_TRUE(map(*space, kAt, 20000, kReadWrite, kAnonymous | MAP_FIXED).ok());
  ASSERT_TRUE(poke(*space, kAt));
  for (uint64_t page = 1; page < 20000; page += 2) {
    GuestAddr at{kAt + page * kPage};
    ASSERT_EQ(error_of(space->mprotect(at, kPage, PROT_READ)), 0) << page;
    ASSERT_EQ(error_of(space->mprotect(at, kPage, kReadWrite)), 0) << page;
  }
}

TEST_F(HostMappings, MappingAndUnmappingAnywhereIsNotCountedForEver) {
  auto space = make(arena_);
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    uint64_t at = kAt + random() % 1000 * 16 * kPage;
    ASSERT_EQ(error_of(map(*space, at, 16, kReadWrite, kAnonymous | MAP_FIXED)), 0) << round;
    at = kAt + random() % 1000 * 16 * kPage;
    ASSERT_EQ(error_of(space->munmap(GuestAddr{at}, 16 * kPage)), 0) << round;
  }
  EXPECT_TRUE(space->munmap(GuestAddr{kAt}, 16000 * kPage).ok());
  EXPECT_EQ(space->host_mappings(), 0U);
}

TEST_F(HostMappings, GreedyCagesLeaveEnoughForOthers) {
  std::vector<std::unique_ptr<AddressSpace>> greedy;
  for (int i = 0; i < 20; ++i) {
    greedy.push_back(make(arena_));
    EXPECT_EQ(move_pages(*greedy.back(), 2000), ENOMEM);
  }
  auto modest = make(arena_);
  for (uint64_t i = 0; i < 15; ++i) {
    EXPECT_EQ(error_of(map(*modest, kAt + 2 * i * kPage, 1)), 0) << i;
  }
  EXPECT_LE(budget_.used(), 4000U);
  greedy.clear();
  modest.reset();
  EXPECT_EQ(budget_.used(), 0U);
}

void expect_no_hole(const AddressSpace& space, uint64_t start, uint64_t end) {
  std::vector<unsigned char> pages((end - start) / kPage);
  // ENOMEM if anything in it is not mapped.
  EXPECT_TRUE(host::resident(space.base() + start, end - start, pages.data()).ok());
}

// The embedding process has used up its mappings: every call may fail, but none may leave an
// address of the slot to others, or end the process.
TEST_F(HostMappings, WithoutAnyNoHoleOpensAndNothingEnds) {
  SKIP_UNLESS_MAPPINGS_CAN_BE_USED_UP();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer's own runtime ends the process when it can't map";
#endif
  auto space = make(arena_);
  ASSERT_TRUE(map(*space, kAt, 64, kReadWrite, kAnonymous | MAP_FIXED).ok());
  host::UsedUpMappings none_left;
  if (!none_left.fill()) GTEST_SKIP() << "this host has no bound that could be reached";
  std::mt19937 random(1);
  int failures = 0;
  for (int round = 0; round < 3000; ++round) {
    uint64_t at = kAt + random() % 64 * kPage;
    uint64_t pages = 1 + random() % 4;
    Result<> outcome;
    switch (random() % 4) {
      case 0: {
        auto mapped = map(*space, at, pages, PROT_READ, kAnonymous | MAP_FIXED);
        if (!mapped.ok()) outcome = mapped.error();
        break;
      }
      case 1:
        outcome = space->munmap(GuestAddr{at}, pages * kPage);
        break;
      case 2:
        outcome = space->mprotect(GuestAddr{at}, pages * kPage, PROT_READ);
        break;
      default: {
        uint64_t to = kAt + (100 + random() % 64) * kPage;
        auto moved = space->mremap(GuestAddr{at}, kPage, kPage, kMoveTo, GuestAddr{to});
        if (!moved.ok()) outcome = moved.error();
        break;
      }
    }
    failures += outcome.ok() || outcome.error() != Errno(ENOMEM) ? 0 : 1;
    expect_no_hole(*space, kAt - kPage, kAt + 200 * kPage);
    none_left.fill();
  }
  EXPECT_GT(failures, 100);
  space.reset();  // and can be ended
}

}  // namespace
}  // namespace rawposix::mm
