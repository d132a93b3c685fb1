// SPDX-License-Identifier: Apache-2.0
// fork() of an address space: what the child gets.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "host/mappings.h"
#include "host/test_mappings.h"
#include "mm/test_fork.h"
#include "support/scope_exit.h"

namespace rawposix::mm {
namespace {

using Fork = ForkTest;

TEST_P(Fork, CopiesPrivateMemory) {
  const uint64_t heap = parent_->heap().start;
  const uint64_t places[] = {TestImage::kData, TestImage::kZeroes, heap + 5000,
                             sfi::kStackTop - 100, kAt + 7 * kPage};
  parent_->brk(GuestAddr{heap + 3 * kPage});
  map(*parent_, kAt, 10);
  for (uint64_t place : places) ASSERT_TRUE(poke(*parent_, place, 1));
  Space child = fork();
  ASSERT_NE(child->base(), parent_->base());
  for (uint64_t place : places) EXPECT_EQ(peek(*child, place), 1) << place;
  EXPECT_TRUE(everything(*child) == everything(*parent_));
  EXPECT_EQ(peek(*child, TestImage::kData + 1), TestImage::kDataByte);
  EXPECT_EQ(peek(*child, TestImage::kText), TestImage::kTextByte);
  for (uint64_t place : places) ASSERT_TRUE(poke(*child, place, 2));
  for (uint64_t place : places) EXPECT_EQ(peek(*parent_, place), 1) << place;
  for (uint64_t place : places) ASSERT_TRUE(poke(*parent_, place, 3));
  for (uint64_t place : places) EXPECT_EQ(peek(*child, place), 2) << place;
}

TEST_P(Fork, KeepsTheBooks) {
  parent_ = start({.address_space = 64 * kMebibyte, .data = 32 * kMebibyte, .stack = kMebibyte});
  const uint64_t heap = parent_->heap().start;
  parent_->brk(GuestAddr{heap + 5000});
  map(*parent_, kAt, 10, PROT_NONE);
  map(*parent_, kAt + kMebibyte, 2, PROT_READ, MAP_SHARED | MAP_ANONYMOUS);
  map(*parent_, kAt + 2 * kMebibyte, 2, PROT_READ, MAP_PRIVATE, file(2));
  Space child = fork();
  std::vector<Vma> expected = parent_->mappings();
  std::vector<Vma> found = child->mappings();
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].start, expected[i].start);
    EXPECT_EQ(found[i].end, expected[i].end);
    EXPECT_EQ(found[i].protection, expected[i].protection);
    EXPECT_EQ(found[i].max_protection, expected[i].max_protection);
    EXPECT_EQ(found[i].flags, expected[i].flags);
    EXPECT_EQ(found[i].file, expected[i].file);
    EXPECT_EQ(found[i].file_offset, expected[i].file_offset);
  }
  EXPECT_EQ(child->heap().start, heap);
  EXPECT_EQ(child->heap().end, heap + 5000);
  EXPECT_EQ(child->totals().data, parent_->totals().data);
  // The limits, and the heap's and the stack's room.
  for (AddressSpace* space : {parent_.get(), child.get()}) {
    EXPECT_EQ(error_of(space->mmap({{}, 64 * kMebibyte, PROT_NONE, kAnonymous, {}, 0})), ENOMEM);
    EXPECT_EQ(error_of(space->mmap({{}, 33 * kMebibyte, kReadWrite, kAnonymous, {}, 0})), ENOMEM);
    EXPECT_EQ(space->brk(GuestAddr{heap + 40 * kMebibyte}).value, heap + 5000);
    EXPECT_EQ(space->brk(GuestAddr{heap + kMebibyte}).value, heap + kMebibyte);
    space->set_limits({});
    EXPECT_TRUE(poke(*space, sfi::kStackTop - 8 * kMebibyte, 1)) << "a larger stack";
    auto placed = space->mmap({{}, kPage, PROT_NONE, kAnonymous, {}, 0});
    ASSERT_TRUE(placed.ok());
    EXPECT_EQ(placed.value().value, sfi::kStackTop - 65 * kMebibyte - kPage);
  }
}

TEST_P(Fork, SharesSharedMemory) {
  map(*parent_, kAt, 4, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  ASSERT_EQ(protect(*parent_, kAt + kPage, 1, PROT_READ), 0);
  Space child = fork();
  Space grandchild = fork(*child);
  ASSERT_TRUE(poke(*parent_, kAt, 1));
  EXPECT_EQ(peek(*grandchild, kAt), 1);
  ASSERT_TRUE(poke(*grandchild, kAt + 3 * kPage, 2));
  EXPECT_EQ(peek(*parent_, kAt + 3 * kPage), 2);
  EXPECT_FALSE(poke(*grandchild, kAt + kPage, 1));
  ASSERT_EQ(protect(*grandchild, kAt + kPage, 1, kReadWrite), 0);
  ASSERT_TRUE(poke(*grandchild, kAt + kPage, 5));
  EXPECT_EQ(peek(*child, kAt + kPage), 5);
  // What a futex there is known by.
  auto place = parent_->shared_place(kAt + kPage + 8);
  auto same = grandchild->shared_place(kAt + kPage + 8);
  ASSERT_TRUE(place.has_value() && same.has_value());
  EXPECT_EQ(place->object, same->object);
  EXPECT_EQ(place->offset, same->offset);
  // It outlives those who made it.
  parent_.reset();
  child.reset();
  EXPECT_EQ(peek(*grandchild, kAt), 1);
  Space last = fork(*grandchild);
  ASSERT_TRUE(poke(*last, kAt, 9));
  EXPECT_EQ(peek(*grandchild, kAt), 9);
}

TEST_P(Fork, MapsFilesAgain) {
  FileSource source = file(8);
  map(*parent_, kAt, 4, kReadWrite, MAP_SHARED, source);
  map(*parent_, kAt + kMebibyte, 4, kReadWrite, MAP_PRIVATE, source);
  map(*parent_, kAt + 2 * kMebibyte, 4, PROT_READ, MAP_PRIVATE, source);
  ASSERT_TRUE(poke(*parent_, kAt + kMebibyte + kPage, '1'));
  EXPECT_EQ(peek(*parent_, kAt + kMebibyte + 2 * kPage), 'c');
  Space child = fork();
  write_file(2, 'C');
  EXPECT_EQ(peek(*child, kAt + kMebibyte + kPage), '1');
  EXPECT_EQ(peek(*child, kAt + kMebibyte + 2 * kPage), 'C') << "never written: still the file's";
  EXPECT_EQ(peek(*child, kAt + 2 * kMebibyte + 2 * kPage), 'C');
  EXPECT_FALSE(poke(*child, kAt + 2 * kMebibyte, 'x'));
  ASSERT_TRUE(poke(*child, kAt + kPage, 'B'));
  EXPECT_EQ(peek(*parent_, kAt + kPage), 'B');
  ASSERT_TRUE(poke(*child, kAt + kMebibyte, 'A'));
  EXPECT_EQ(peek(*parent_, kAt + kMebibyte), 'a');
  ASSERT_EQ(advise(*child, kAt + kMebibyte + kPage, 1, MADV_DONTNEED), 0);
  EXPECT_EQ(peek(*child, kAt + kMebibyte + kPage), 'B') << "the file's again";
}

// Reading such a page is SIGBUS natively, in both.
TEST_P(Fork, LeavesOutWhatATruncatedFileTookAway) {
  map(*parent_, kAt, 4, kReadWrite, MAP_PRIVATE, file(4));
  map(*parent_, kAt + 4 * kPage, 1);
  for (uint64_t page = 0; page < 5; ++page) ASSERT_TRUE(poke(*parent_, kAt + page * kPage, '1'));
  ASSERT_EQ(ftruncate(fd_.get(), 2 * kPage), 0);
  EXPECT_EQ(peek(*parent_, kAt + 2 * kPage), -1);
  Space child = fork();
  for (uint64_t page : {0, 1, 4}) EXPECT_EQ(peek(*child, kAt + page * kPage), '1') << page;
  for (uint64_t page : {2, 3}) EXPECT_EQ(peek(*child, kAt + page * kPage), -1) << page;
}

// A task of another cage with the same memory (CLONE_VM) is not stopped, and can take away a page
// after it was found to be worth copying. Those that follow are copied all the same.
TEST_P(Fork, CopiesWhatFollowsAPageThatCantBeRead) {
  constexpr uint64_t kPages = 16;
  map(*parent_, kAt, kPages);
  std::atomic<bool> done = false;
  std::thread other([&] {
    for (unsigned round = 0; !done.load(); ++round) {
      protect(*parent_, kAt + kPage, 1, round % 2 == 0 ? PROT_NONE : kReadWrite);
    }
  });
  ScopeExit stop([&] {
    done = true;
    other.join();
  });
  for (int round = 0; round < 500; ++round) {
    for (uint64_t page = 0; page < kPages; ++page) poke(*parent_, kAt + page * kPage, round % 250);
    Space child = fork();
    ASSERT_NE(child, nullptr);
    for (uint64_t page = 0; page < kPages; ++page) {
      if (page == 1) continue;
      ASSERT_EQ(peek(*child, kAt + page * kPage), round % 250) << page << " in " << round;
    }
  }
}

TEST_P(Fork, CopiesWhatIsProtected) {
  for (int round = 0; round < 2; ++round) {
    parent_ = start();
    map(*parent_, kAt, 6);
    for (uint64_t page = 0; page < 6; ++page) ASSERT_TRUE(poke(*parent_, kAt + page * kPage, 7));
    ASSERT_EQ(protect(*parent_, kAt + kPage, 1, PROT_READ), 0);
    ASSERT_EQ(protect(*parent_, kAt + 3 * kPage, 2, PROT_NONE), 0);
    Space child = fork();
    for (AddressSpace* space : {parent_.get(), child.get()}) {
      EXPECT_EQ(peek(*space, kAt + kPage), 7);
      EXPECT_FALSE(poke(*space, kAt + kPage, 1));
      for (uint64_t page : {3, 4}) EXPECT_EQ(peek(*space, kAt + page * kPage), -1);
    }
    ASSERT_EQ(protect(*child, kAt, 6, PROT_READ), 0);
    for (uint64_t page = 0; page < 6; ++page) EXPECT_EQ(peek(*child, kAt + page * kPage), 7);
    ASSERT_EQ(protect(*parent_, kAt, 6, kReadWrite), 0);
    for (uint64_t page = 0; page < 6; ++page) EXPECT_EQ(peek(*parent_, kAt + page * kPage), 7);
  }
}

// man 2 madvise
TEST_P(Fork, HeedsAdvice) {
  map(*parent_, kAt, 6);
  for (uint64_t page = 0; page < 6; ++page) ASSERT_TRUE(poke(*parent_, kAt + page * kPage, 7));
  ASSERT_EQ(advise(*parent_, kAt + kPage, 1, MADV_DONTFORK), 0);
  ASSERT_EQ(advise(*parent_, kAt + 3 * kPage, 1, MADV_WIPEONFORK), 0);
  const int expected[] = {7, -1, 7, 0, 7, 7};
  // The second finds the pages of the first in its slot.
  for (int round = 0; round < 2; ++round) {
    Space child = fork();
    for (uint64_t page = 0; page < 6; ++page) {
      EXPECT_EQ(peek(*child, kAt + page * kPage), expected[page]) << page;
    }
    EXPECT_FALSE(child->is_mapped(kAt + kPage));
    ASSERT_TRUE(poke(*child, kAt + 3 * kPage, 8));
    EXPECT_EQ(peek(*fork(*child), kAt + 3 * kPage), 0) << "the advice is inherited";
    map(*child, kAt + kPage, 1);
    ASSERT_TRUE(poke(*child, kAt + kPage, 8));
  }
  for (uint64_t page = 0; page < 6; ++page) EXPECT_EQ(peek(*parent_, kAt + page * kPage), 7);
}

// man 2 mlock
TEST_P(Fork, DoesNotInheritLocks) {
  map(*parent_, kAt, 2);
  ASSERT_TRUE(parent_->mlock(GuestAddr{kAt}, kPage, 0).ok());
  ASSERT_TRUE(parent_->mlockall(MCL_FUTURE).ok());
  map(*parent_, kAt + kMebibyte, 1);
  EXPECT_EQ(parent_->totals().locked, 2U);
  Space child = fork();
  map(*child, kAt + 2 * kMebibyte, 1);
  EXPECT_EQ(child->totals().locked, 0U);
  EXPECT_EQ(advise(*child, kAt, 1, MADV_DONTNEED), 0) << "EINVAL for what is locked";
}

TEST_P(Fork, DroppedDataShowsTheImageInTheChildToo) {
  ASSERT_TRUE(poke(*parent_, TestImage::kData, 1));
  Space child = fork();
  ASSERT_EQ(advise(*child, TestImage::kData, 1, MADV_DONTNEED), 0);
  EXPECT_EQ(peek(*child, TestImage::kData), TestImage::kDataByte);
  Space grandchild = fork(*child);
  EXPECT_EQ(peek(*grandchild, TestImage::kData), TestImage::kDataByte);
  ASSERT_TRUE(poke(*grandchild, TestImage::kData, 3));
  EXPECT_EQ(peek(*fork(*grandchild), TestImage::kData), 3);
}

TEST_P(Fork, ReadOnlyDataThatWasWrittenIsCopied) {
  ASSERT_EQ(protect(*parent_, TestImage::kConstants, 1, kReadWrite), 0);
  ASSERT_TRUE(poke(*parent_, TestImage::kConstants, 1));
  ASSERT_EQ(protect(*parent_, TestImage::kConstants, 1, PROT_READ), 0);
  Space child = fork();
  EXPECT_EQ(peek(*child, TestImage::kConstants), 1);
  EXPECT_FALSE(poke(*child, TestImage::kConstants, 2));
  EXPECT_EQ(peek(*fork(*child), TestImage::kConstants), 1);
  child.reset();
  parent_.reset();
  EXPECT_EQ(peek(*start(), TestImage::kConstants), TestImage::kConstantByte);
}

TEST_P(Fork, TextStaysTheImages) {
  Space child = fork();
  Space grandchild = fork(*child);
  EXPECT_FALSE(poke(*grandchild, TestImage::kText, 1));
  EXPECT_EQ(protect(*grandchild, TestImage::kText, 1, PROT_READ | PROT_WRITE), EACCES);
  EXPECT_EQ(protect(*grandchild, TestImage::kData, 1, PROT_READ | PROT_EXEC), EACCES);
  // A debugger's changes are the parent's alone.
  std::vector<std::byte> other(kPage, std::byte{0x90});
  ASSERT_TRUE(parent_->replace_text(TestImage::kText, other).ok());
  EXPECT_EQ(peek(*fork(), TestImage::kText), TestImage::kTextByte);
}

TEST_P(Fork, AdviceOnPageSizesIsTheHostsInTheChildToo) {
  const uint64_t huge = kAt;
  const uint64_t small = kAt + 4 * kMebibyte;
  map(*parent_, huge, 512);
  map(*parent_, small, 512);
  if (advise(*parent_, huge, 512, MADV_HUGEPAGE) != 0) GTEST_SKIP() << "no huge pages here";
  ASSERT_EQ(advise(*parent_, small, 512, MADV_NOHUGEPAGE), 0);
  for (int round = 0; round < 2; ++round) {
    Space child = fork();
    EXPECT_TRUE(has_host_flag(child->base() + huge, " hg"));
    EXPECT_FALSE(has_host_flag(child->base() + huge, " nh"));
    EXPECT_TRUE(has_host_flag(child->base() + small, " nh"));
    EXPECT_FALSE(has_host_flag(child->base() + sfi::kStackTop - kPage, " hg"));
  }
  // Nor does the next owner get it.
  ASSERT_TRUE(parent_->munmap(GuestAddr{huge}, 512 * kPage).ok());
  map(*parent_, huge, 512);
  EXPECT_FALSE(has_host_flag(fork()->base() + huge, " hg"));
}

TEST_P(Fork, MuchMemoryIsCopiedToHugePages) {
  const uint64_t large = kAt + kPage;
  constexpr uint64_t kPages = 24 * kMebibyte / kPage;
  const uint64_t small = kAt + 64 * kMebibyte;
  map(*parent_, large, kPages);
  map(*parent_, small, 1024);
  if (advise(*parent_, small, 1024, MADV_NOHUGEPAGE) != 0) GTEST_SKIP() << "no huge pages here";
  for (uint64_t page = 0; page < kPages; ++page) {
    ASSERT_TRUE(poke(*parent_, large + page * kPage, static_cast<int>(page % 251)));
  }
  scribble(*parent_);
  Space child = fork();
  EXPECT_TRUE(has_host_flag(child->base() + kAt + 2 * kMebibyte, " hg"));
  EXPECT_FALSE(has_host_flag(child->base() + large, " hg")) << "not all of a huge page";
  EXPECT_FALSE(has_host_flag(child->base() + small, " hg"));
  EXPECT_TRUE(everything(*child) == everything(*parent_));
  ASSERT_TRUE(poke(*child, large + 9 * kMebibyte, 1));
  EXPECT_NE(peek(*child, large + 9 * kMebibyte), peek(*parent_, large + 9 * kMebibyte));
  // The next owner may use little, and must not get huge pages for it.
  const size_t kept = slots_.size();
  child.reset();
  EXPECT_EQ(slots_.size(), kept);
}

// The fall-back reads eight bytes for each page; there are 8 MiB of them for a slot.
TEST_P(Fork, AsksTheHostAboutMappedPagesOnly) {
  auto read_so_far = [] {
    std::ifstream file("/proc/thread-self/io");
    std::string name;
    uint64_t bytes = 0;
    file >> name >> bytes;
    return bytes;
  };
  const uint64_t before = read_so_far();
  if (before == 0) GTEST_SKIP() << "the host doesn't count";
  fork().reset();
  EXPECT_LT(read_so_far() - before, kMebibyte);
}

TEST_P(Fork, ManyLeaveNothingBehind) {
  map(*parent_, kAt, 10, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  map(*parent_, kAt + kMebibyte, 10, kReadWrite, MAP_PRIVATE, file(10));
  map(*parent_, kAt + 2 * kMebibyte, 10, PROT_NONE);
  scribble(*parent_);
  auto descriptors = [] {
    std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  auto mappings = [] {
    auto edges = host::mapping_edges(nullptr, UINT64_MAX);
    EXPECT_TRUE(edges.ok());
    return edges.value().size();
  };
  fork().reset();
  const auto descriptors_before = descriptors();
  const size_t mappings_before = mappings();
  const uint64_t counted_before = arena_.mapping_budget().used();
  for (int round = 0; round < 300; ++round) {
    Space child = fork();
    ASSERT_NE(child, nullptr);
    poke(*child, kAt + kMebibyte, round);
    if (round % 10 == 0) fork(*child).reset();
  }
  EXPECT_EQ(descriptors(), descriptors_before);
  EXPECT_LE(mappings(), mappings_before + 20) << "one more warm slot";
  EXPECT_LE(arena_.mapping_budget().used(), counted_before + 30);
  EXPECT_LE(arena_.slots_in_use(), 3U);
}

TEST_P(Fork, ChainsOfForks) {
  map(*parent_, kAt, 4);
  Space space = fork();
  for (int generation = 1; generation < 60; ++generation) {
    ASSERT_TRUE(poke(*space, kAt + (generation % 4) * kPage, generation));
    Space next = fork(*space);
    ASSERT_TRUE(everything(*next) == everything(*space)) << generation;
    space = std::move(next);
  }
}

TEST_P(Fork, WithoutSlotsIsENOMEM) {
  sfi::SlotArena arena({.max_slots = 2});
  WarmSlots slots(arena);
  Space parent = image_.start(slots, kSmallStack);
  Space child = fork(*parent);
  const std::vector<std::byte> expected = everything(*parent);
  EXPECT_EQ(parent->fork(GetParam()).error(), Errno(ENOMEM));
  EXPECT_TRUE(everything(*parent) == expected);
  child.reset();
  EXPECT_TRUE(parent->fork(GetParam()).ok());
}

// The host has no mappings left for the child, or for some of them.
TEST_P(Fork, WithoutMappingsIsENOMEM) {
  auto layout = [](AddressSpace& space) {
    for (uint64_t i = 0; i < 20; ++i) {
      map(space, kAt + 2 * i * kPage, 1);
      ASSERT_TRUE(poke(space, kAt + 2 * i * kPage, 1));
      ASSERT_EQ(protect(space, kAt + 2 * i * kPage, 1, i % 2 == 0 ? PROT_NONE : PROT_READ), 0);
    }
  };
  unsigned refused = 0;
  unsigned made = 0;
  for (uint64_t total = 60; total < 260; total += 5) {
    Budget budget(total, 60);
    sfi::SlotArena arena({.mapping_budget = &budget});
    WarmSlots slots(arena);
    Space parent = image_.start(slots, kSmallStack);
    layout(*parent);
    const std::vector<std::byte> expected = everything(*parent);
    auto child = parent->fork(GetParam());
    (child.ok() ? made : refused)++;
    if (!child.ok()) {
      EXPECT_EQ(child.error(), Errno(ENOMEM));
      EXPECT_EQ(arena.slots_in_use(), 1U);
    } else {
      EXPECT_TRUE(everything(*child.value()) == expected);
    }
    EXPECT_TRUE(everything(*parent) == expected);
  }
  EXPECT_GT(refused, 0U);
  EXPECT_GT(made, 0U);
}

TEST_P(Fork, InAProcessOutOfMappingsIsENOMEM) {
  SKIP_UNLESS_MAPPINGS_CAN_BE_USED_UP();
  map(*parent_, kAt, 10, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  map(*parent_, kAt + kMebibyte, 10);
  scribble(*parent_);
  const std::vector<std::byte> expected = everything(*parent_);
  {
    host::UsedUpMappings all;
    if (!all.fill()) GTEST_SKIP() << "this host's bound is too high to reach";
    auto child = parent_->fork(GetParam());
    ASSERT_FALSE(child.ok());
    EXPECT_EQ(child.error(), Errno(ENOMEM));
  }
  EXPECT_TRUE(everything(*parent_) == expected);
  EXPECT_TRUE(everything(*fork()) == expected);
}

INSTANTIATE_TEST_SUITE_P(Methods, Fork,
                         testing::Values(host::PageMapMethod::kBest, host::PageMapMethod::kRead),
                         method_name);

}  // namespace
}  // namespace rawposix::mm
