// SPDX-License-Identifier: Apache-2.0
// What a forked cage must not see of its slot's last owner. How programs start in used slots:
// loader/recycle_test.cc.
#include <atomic>
#include <functional>
#include <thread>

#include "host/test_mappings.h"
#include "mm/test_fork.h"
#include "support/scope_exit.h"

namespace rawposix::mm {
namespace {

using ReusedSlot = ForkTest;

// Attack: what a cage leaves in its slot must not show in the next one there.
TEST_P(ReusedSlot, NothingOfTheSlotsLastOwnerShows) {
  parent_->brk(GuestAddr{parent_->heap().start + 20 * kPage});
  map(*parent_, kAt, 20);
  for (uint64_t page = 0; page < 20; page += 3) ASSERT_TRUE(poke(*parent_, kAt + page * kPage, 1));
  map(*parent_, kAt + kMebibyte, 4, PROT_READ);
  const std::vector<std::byte> expected = everything(*parent_);

  const std::function<void(AddressSpace&)> owners[] = {
      [](AddressSpace&) {},
      [](AddressSpace& space) { space.brk(GuestAddr{space.heap().start + 40 * kPage}); },
      [](AddressSpace& space) { map(space, kAt + 20 * kPage, 20); },
      [](AddressSpace& space) {
        map(space, kAt + 3 * kPage, 4, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
      },
      [](AddressSpace& space) { ASSERT_TRUE(space.munmap(GuestAddr{kAt}, 5 * kPage).ok()); },
      [](AddressSpace& space) { ASSERT_EQ(protect(space, kAt + kMebibyte, 2, kReadWrite), 0); },
      [](AddressSpace& space) {
        ASSERT_TRUE(space
                        .mremap(GuestAddr{kAt}, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED,
                                GuestAddr{kAt + kMebibyte})
                        .ok());
      },
      [this](AddressSpace& space) { map(space, kAt, 3, kReadWrite, MAP_PRIVATE, file(3)); },
      [](AddressSpace& space) { ASSERT_EQ(advise(space, TestImage::kData, 1, MADV_DONTNEED), 0); },
  };
  for (const auto& change : owners) {
    Space owner = fork();
    change(*owner);
    scribble(*owner);
    scribble(*parent_);  // the parent's pages may be there, all of them
    const std::byte* slot = owner->base();
    owner.reset();
    owner = fork();
    EXPECT_EQ(owner->base(), slot) << "so that there is something to see";
    EXPECT_TRUE(everything(*owner) == everything(*parent_));
    scribble(*owner);
    owner.reset();
    // Another program's memory was there, and more of it than the next parent has.
    parent_ = start();
    parent_->brk(GuestAddr{parent_->heap().start + 20 * kPage});
    map(*parent_, kAt, 20);
    for (uint64_t page = 0; page < 20; page += 3) {
      ASSERT_TRUE(poke(*parent_, kAt + page * kPage, 1));
    }
    map(*parent_, kAt + kMebibyte, 4, PROT_READ);
    ASSERT_TRUE(everything(*parent_) == expected);
    Space child = fork();
    EXPECT_TRUE(everything(*child) == expected);
  }
}

// Attack: what is only in memory since the last owner wrote or read it there would tell of it, too.
TEST_P(ReusedSlot, NoTraceOfWhatTheLastOwnerTouched) {
  parent_->brk(GuestAddr{parent_->heap().start + 20 * kPage});
  map(*parent_, kAt, 20);
  for (uint64_t page = 0; page < 20; page += 3) ASSERT_TRUE(poke(*parent_, kAt + page * kPage, 1));
  Space first = fork();
  const std::vector<uint8_t> expected = resident(*first);
  std::byte* slot = first->base();
  scribble(*first);
  everything(*first);
  first.reset();
  Space second = fork();
  ASSERT_EQ(second->base(), slot);
  EXPECT_EQ(resident(*second), expected);
}

// man 2 madvise: "Present only zero-filled memory in the range".
TEST_P(ReusedSlot, WipedImageDataShowsNothingOfTheLastOwner) {
  ASSERT_EQ(advise(*parent_, TestImage::kZeroes, 2, MADV_WIPEONFORK), 0);
  ASSERT_EQ(advise(*parent_, sfi::kStackTop - 2 * kPage, 1, MADV_WIPEONFORK), 0);
  EXPECT_EQ(advise(*parent_, TestImage::kData, 1, MADV_WIPEONFORK), EINVAL) << "a file's";
  const uint64_t wiped[] = {TestImage::kZeroes, TestImage::kZeroes + kPage + 10,
                            sfi::kStackTop - 2 * kPage + 8};
  for (uint64_t place : wiped) ASSERT_TRUE(poke(*parent_, place, 7));
  // Each finds in its slot what the one before has left: another program's, then a fork's.
  start().reset();
  for (int round = 0; round < 3; ++round) {
    Space child = fork();
    for (uint64_t place : wiped) {
      EXPECT_EQ(peek(*child, place), 0) << place;
      EXPECT_EQ(peek(*parent_, place), 7) << place;
    }
    scribble(*child);
  }
}

// Attack: a task of another cage with the same memory (CLONE_VM), which nobody stops, takes pages
// away while they are copied. The child may see them old or new or not at all, but never what was
// in its slot before.
TEST_P(ReusedSlot, WhatIsUnmappedMeanwhileShowsNothingOfTheLastOwner) {
  constexpr uint64_t kPages = 64;
  constexpr int kRounds = 150;
  map(*parent_, kAt, kPages);
  std::atomic<bool> done = false;
  std::thread other([&] {
    for (unsigned round = 0; !done.load(); ++round) {
      const uint64_t at = kAt + (round * 7 % kPages) * kPage;
      if (round % 3 == 0) {
        static_cast<void>(parent_->munmap(GuestAddr{at}, 4 * kPage));
      } else if (round % 3 == 1) {
        static_cast<void>(parent_->mprotect(GuestAddr{kAt}, kPages * kPage, PROT_NONE));
      }
      static_cast<void>(parent_->mmap(
          {GuestAddr{kAt}, kPages * kPage, kReadWrite, kAnonymous | MAP_FIXED, {}, 0}));
      for (uint64_t page = 0; page < kPages; ++page) poke(*parent_, kAt + page * kPage, 1);
    }
  });
  ScopeExit stop([&] {
    done = true;
    other.join();
  });
  for (int round = 0; round < kRounds; ++round) {
    Space child = fork();
    ASSERT_NE(child, nullptr);
    for (const Vma& vma : child->mappings()) {
      if (vma.start < kAt || vma.end > kAt + kPages * kPage) continue;
      for (uint64_t at = vma.start; at < vma.end; at += kPage) {
        ASSERT_LE(peek(*child, at), 1) << std::hex << at;
        ASSERT_LE(peek(*child, at + kPage - 1), 0) << std::hex << at;
      }
    }
    scribble(*child);
  }
}

// Its mappings would be missing to others.
TEST_P(ReusedSlot, ASlotWithManyMappingsIsNotKept) {
  Space child = fork();
  child.reset();
  const size_t kept = slots_.size();
  ASSERT_GT(kept, 0U);
  child = fork();
  for (uint64_t i = 0; i < 100; ++i) map(*child, kAt + 2 * i * kPage, 1);
  child.reset();
  EXPECT_EQ(slots_.size(), kept - 1);
  EXPECT_LE(arena_.mapping_budget().used(), 50U);
}

// What mprotect() has done when it fails half way nobody knows, so the next owner could find pages
// that it can't write, or can. The two parts of the mapping are two for the host.
TEST_P(ReusedSlot, NotAfterAHalfFailedProtect) {
  SKIP_UNLESS_MAPPINGS_CAN_BE_USED_UP();
  Space child = fork();
  map(*child, kAt, 4);
  map(*child, kAt + kMebibyte, 4);
  scribble(*child);
  ASSERT_TRUE(child
                  ->mremap(GuestAddr{kAt + kMebibyte}, 4 * kPage, 4 * kPage,
                           MREMAP_MAYMOVE | MREMAP_FIXED, GuestAddr{kAt + 4 * kPage})
                  .ok());
  const size_t kept = slots_.size();
  {
    host::UsedUpMappings all;
    if (!all.fill()) GTEST_SKIP() << "this host's bound is too high to reach";
    ASSERT_EQ(protect(*child, kAt, 6, PROT_READ), ENOMEM);
  }
  EXPECT_FALSE(poke(*child, kAt, 1)) << "half of it is done";
  EXPECT_TRUE(poke(*child, kAt + 4 * kPage, 1));
  child.reset();
  EXPECT_EQ(slots_.size(), kept);
}

INSTANTIATE_TEST_SUITE_P(Methods, ReusedSlot,
                         testing::Values(host::PageMapMethod::kBest, host::PageMapMethod::kRead),
                         method_name);

}  // namespace
}  // namespace rawposix::mm
