// SPDX-License-Identifier: Apache-2.0
#include "mm/address_space.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <thread>

#include "host/memory.h"
#include "sfi/fault.h"

namespace rawposix::mm {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;
constexpr uint64_t kMebibyte = 1024 * 1024;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;
constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;

class AddressSpaceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  void SetUp() override { make({}); }
  void make(const MemoryLimits& limits) {
    auto space = AddressSpace::create(arena_, limits);
    ASSERT_TRUE(space.ok());
    space_ = std::move(space).value();
    ASSERT_TRUE(space_->map_stack().ok());
    space_->start_heap(kHeap);
  }

  template <class T>
  static int error_of(const Result<T>& result) {
    return result.ok() ? 0 : result.error().number();
  }
  int mmap_error(uint64_t address, uint64_t size, int protection, int flags,
                 std::optional<FileSource> source = {}, uint64_t offset = 0) {
    return error_of(space_->mmap({GuestAddr{address}, size, protection, flags, source, offset}));
  }
  uint64_t mmap_at(uint64_t address, uint64_t size, int protection = kReadWrite,
                   int flags = kAnonymous) {
    auto mapped = space_->mmap({GuestAddr{address}, size, protection, flags, {}, 0});
    EXPECT_TRUE(mapped.ok()) << error_of(mapped);
    return mapped.ok() ? mapped.value().value : 0;
  }
  int protect(uint64_t start, uint64_t size, int protection) {
    return error_of(space_->mprotect(GuestAddr{start}, size, protection));
  }
  int unmap(uint64_t start, uint64_t size) {
    return error_of(space_->munmap(GuestAddr{start}, size));
  }
  Result<GuestAddr> remap(uint64_t from, uint64_t old_size, uint64_t new_size, int flags,
                          uint64_t to = 0) {
    return space_->mremap(GuestAddr{from}, old_size, new_size, flags, GuestAddr{to});
  }
  int advise(uint64_t start, uint64_t size, int advice) {
    return error_of(space_->madvise(GuestAddr{start}, size, advice));
  }
  uint64_t brk(uint64_t wanted) { return space_->brk(GuestAddr{wanted}).value; }
  bool poke(uint64_t address, uint8_t value) {
    return space_->guest_memory().copy_out(GuestAddr{address}, &value, 1).ok();
  }
  int peek(uint64_t address) {
    uint8_t value = 0;
    return space_->guest_memory().copy_in(&value, GuestAddr{address}, 1).ok() ? value : -1;
  }
  FileSource file_source(uint64_t pages, int access) {
    auto memory = host::create_memory_file("test", pages * kPage);
    EXPECT_TRUE(memory.ok());
    file_ = std::move(memory).value();
    auto file = std::make_shared<MappedFile>();
    file->host_fd = file_.get();
    return {file, access};
  }

  static constexpr uint64_t kHeap = 0x200000;
  sfi::SlotArena arena_;
  UniqueFd file_;
  std::unique_ptr<AddressSpace> space_;
};

TEST_F(AddressSpaceTest, PlacesTopDownBelowTheStacksRoom) {
  uint64_t first = mmap_at(0, kPage);
  EXPECT_EQ(first, sfi::kStackTop - 64 * kMebibyte - kMebibyte - kPage);
  EXPECT_EQ(mmap_at(0, 5), first - kPage);
  EXPECT_EQ(space_->mappings().size(), 2U) << "the stack, and one merged mapping";
  EXPECT_EQ(mmap_at(0x50000123, kPage), 0x50000000U) << "a hint is rounded down";
  EXPECT_NE(mmap_at(0x50000000, kPage), 0x50000000U) << "a taken hint is ignored";
  EXPECT_EQ(mmap_at(1, kPage), first - 3 * kPage) << "hint 0 after rounding is none";
  EXPECT_EQ(mmap_at(kPage, kPage), sfi::kGuestStart) << "low hints are raised";
  uint64_t low = mmap_at(0, kPage, kReadWrite, kAnonymous | MAP_32BIT);
  EXPECT_EQ(low, uint64_t{1} << 30);
  EXPECT_EQ(mmap_at(0x10000000, kPage, kReadWrite, kAnonymous | MAP_32BIT), 0x10000000U);
  EXPECT_EQ(mmap_at(0x80000000, kPage, kReadWrite, kAnonymous | MAP_32BIT), low + kPage);
  EXPECT_EQ(mmap_error(0, uint64_t{1} << 30, kReadWrite, kAnonymous | MAP_32BIT), ENOMEM);
}

// mmap(2): errors, in Linux's order.
TEST_F(AddressSpaceTest, MmapErrors) {
  EXPECT_EQ(mmap_error(0, 0, kReadWrite, kAnonymous), EINVAL);
  EXPECT_EQ(mmap_error(0, UINT64_MAX, kReadWrite, kAnonymous), ENOMEM);
  EXPECT_EQ(mmap_error(0, sfi::kSlotSize, kReadWrite, kAnonymous), ENOMEM);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, kAnonymous, {}, 1), EINVAL);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, kAnonymous, {}, uint64_t{0} - kPage), EOVERFLOW);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, MAP_ANONYMOUS), EINVAL);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, MAP_ANONYMOUS | MAP_SHARED_VALIDATE), EINVAL);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, MAP_ANONYMOUS | MAP_SHARED | MAP_GROWSDOWN), EINVAL);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, kAnonymous | MAP_HUGETLB), ENOMEM);
  EXPECT_EQ(mmap_error(0x50000001, kPage, kReadWrite, kAnonymous | MAP_FIXED), EINVAL);
  // Outside of what a cage can own.
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, kAnonymous | MAP_FIXED), EPERM);
  EXPECT_EQ(mmap_error(sfi::kGuestStart - kPage, kPage, kReadWrite, kAnonymous | MAP_FIXED), EPERM);
  EXPECT_EQ(mmap_error(sfi::kGuestEnd, kPage, kReadWrite, kAnonymous | MAP_FIXED), ENOMEM);
  EXPECT_EQ(mmap_error(sfi::kSlotSize, kPage, kReadWrite, kAnonymous | MAP_FIXED), ENOMEM);
  EXPECT_EQ(mmap_error(uint64_t{0} - kPage, kPage, kReadWrite, kAnonymous | MAP_FIXED), ENOMEM);
  EXPECT_EQ(mmap_error(0x50000000, sfi::kSlotSize, kReadWrite, kAnonymous | MAP_FIXED), ENOMEM);
  EXPECT_EQ(space_->mappings().size(), 1U) << "nothing was mapped";
}

TEST_F(AddressSpaceTest, FixedNoReplace) {
  constexpr int kFlags = kAnonymous | MAP_FIXED_NOREPLACE;
  uint64_t at = mmap_at(0x50000000, 2 * kPage, kReadWrite, kFlags);
  EXPECT_EQ(at, 0x50000000U);
  poke(at, 5);
  EXPECT_EQ(mmap_error(at + kPage, kPage, kReadWrite, kFlags), EEXIST);
  EXPECT_EQ(mmap_error(at - kPage, 2 * kPage, kReadWrite, kFlags), EEXIST);
  EXPECT_EQ(peek(at), 5);
}

// Attacks on W^X: no way to executable memory but the loader's.
TEST_F(AddressSpaceTest, ExecutableMemoryIsRefused) {
  EXPECT_EQ(mmap_error(0, kPage, PROT_READ | PROT_EXEC, kAnonymous), EACCES);
  EXPECT_EQ(mmap_error(0, kPage, PROT_EXEC, MAP_SHARED | MAP_ANONYMOUS), EACCES);
  FileSource source = file_source(1, kReadWrite);
  EXPECT_EQ(mmap_error(0, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE, source), EACCES);
  uint64_t at = mmap_at(0, kPage);
  EXPECT_EQ(protect(at, kPage, PROT_READ | PROT_EXEC), EACCES);
  EXPECT_EQ(protect(at, kPage, PROT_EXEC), EACCES);
  EXPECT_EQ(protect(at, kPage, kReadWrite | PROT_EXEC), EACCES);
  EXPECT_TRUE(poke(at, 1)) << "unchanged";
}

TEST_F(AddressSpaceTest, FilesObeyTheirAccessMode) {
  FileSource read_only = file_source(2, PROT_READ);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, MAP_SHARED, read_only), EACCES);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, MAP_PRIVATE, read_only), 0);
  EXPECT_EQ(mmap_error(0x50000000, kPage, PROT_READ, MAP_SHARED | MAP_FIXED, read_only), 0);
  EXPECT_EQ(protect(0x50000000, kPage, kReadWrite), EACCES);
  FileSource write_only{read_only.file, PROT_WRITE};
  EXPECT_EQ(mmap_error(0, kPage, PROT_READ, MAP_PRIVATE, write_only), EACCES);
  EXPECT_EQ(mmap_error(0, kPage, PROT_WRITE, MAP_SHARED, write_only), EACCES);
  FileSource unmappable{nullptr, kReadWrite};
  EXPECT_EQ(mmap_error(0, kPage, PROT_READ, MAP_PRIVATE, unmappable), ENODEV);
  EXPECT_EQ(mmap_error(0, kPage, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, read_only), EINVAL);
  EXPECT_EQ(mmap_error(0x50000000, kPage, PROT_READ, MAP_FIXED, read_only), EINVAL);
  EXPECT_EQ(mmap_error(0, kPage, PROT_READ, MAP_SHARED_VALIDATE | 0x80000, read_only), EOPNOTSUPP);
  EXPECT_EQ(mmap_error(0, kPage, PROT_READ, MAP_SHARED_VALIDATE, read_only), 0);
}

// A host file that can't be mapped, over something that is mapped: Linux before 6.12 has unmapped
// it by then. In any case the slot stays reserved and other cages' memory out of reach.
TEST_F(AddressSpaceTest, AFailedMappingLeavesNoHole) {
  uint64_t at = mmap_at(0x50000000, 3 * kPage);
  auto pipe_like = std::make_shared<MappedFile>();
  UniqueFd directory(open("/", O_RDONLY | O_DIRECTORY));
  pipe_like->host_fd = directory.get();
  FileSource source{pipe_like, PROT_READ};
  EXPECT_EQ(mmap_error(at + kPage, kPage, PROT_READ, MAP_PRIVATE | MAP_FIXED, source), ENODEV);
  auto probe =
      host::map(space_->base() + at + kPage, kPage, PROT_NONE, MAP_PRIVATE | MAP_FIXED_NOREPLACE);
  EXPECT_EQ(error_of(probe), EEXIST);
  EXPECT_EQ(peek(at), 0);
  EXPECT_EQ(peek(at + 2 * kPage), 0);
}

TEST_F(AddressSpaceTest, MunmapErrorsAndHoles) {
  EXPECT_EQ(unmap(0x50000001, kPage), EINVAL);
  EXPECT_EQ(unmap(0x50000000, 0), EINVAL);
  EXPECT_EQ(unmap(0x50000000, UINT64_MAX), EINVAL);
  EXPECT_EQ(unmap(sfi::kGuestEnd, kPage), EINVAL);
  EXPECT_EQ(unmap(0x50000000, kPage), 0) << "nothing there is no error";
  uint64_t at = mmap_at(0x50000000, 4 * kPage);
  EXPECT_EQ(unmap(at + kPage, kPage), 0);
  EXPECT_EQ(peek(at), 0);
  EXPECT_EQ(peek(at + kPage), -1);
  EXPECT_EQ(peek(at + 2 * kPage), 0);
  EXPECT_EQ(unmap(sfi::kGuestStart, sfi::kGuestEnd - sfi::kGuestStart), 0);
  EXPECT_TRUE(space_->mappings().empty());
}

// mprotect(2): ENOMEM at the first hole, what came before is done.
TEST_F(AddressSpaceTest, MprotectErrors) {
  uint64_t at = mmap_at(0x50000000, 3 * kPage);
  EXPECT_EQ(protect(at + 1, kPage, PROT_READ), EINVAL);
  EXPECT_EQ(protect(at, 0, PROT_READ), 0);
  EXPECT_EQ(protect(at, UINT64_MAX, PROT_READ), ENOMEM);
  EXPECT_EQ(protect(at, kPage, 0x100), EINVAL);
  EXPECT_EQ(protect(at, kPage, PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
  EXPECT_EQ(protect(at, kPage, PROT_READ | PROT_GROWSDOWN), EINVAL);
  EXPECT_EQ(protect(0x60000000, kPage, PROT_READ), ENOMEM);
  ASSERT_EQ(unmap(at + kPage, kPage), 0);
  EXPECT_EQ(protect(at, 3 * kPage, PROT_READ), ENOMEM);
  EXPECT_FALSE(poke(at, 1));
  EXPECT_TRUE(poke(at + 2 * kPage, 1));
  EXPECT_EQ(protect(sfi::kStackTop - kPage, kPage, PROT_READ | PROT_GROWSDOWN), 0);
  EXPECT_FALSE(poke(sfi::kStackTop - 2 * kMebibyte, 1)) << "down to the stack's start";
}

TEST_F(AddressSpaceTest, BrkGrowsAndShrinks) {
  EXPECT_EQ(brk(0), kHeap);
  EXPECT_EQ(brk(kHeap + 5000), kHeap + 5000);
  EXPECT_TRUE(poke(kHeap + 2 * kPage - 1, 7));
  EXPECT_FALSE(poke(kHeap + 2 * kPage, 7));
  EXPECT_EQ(brk(kHeap - 1), kHeap + 5000) << "below the start";
  EXPECT_EQ(brk(UINT64_MAX), kHeap + 5000);
  EXPECT_EQ(brk(kHeap + 100), kHeap + 100);
  EXPECT_EQ(peek(kHeap + kPage), -1);
  EXPECT_EQ(brk(kHeap + 2 * kPage), kHeap + 2 * kPage);
  EXPECT_EQ(peek(kHeap + 2 * kPage - 1), 0) << "given back memory comes back as zeroes";
  mmap_at(kHeap + 4 * kPage, kPage, kReadWrite, kAnonymous | MAP_FIXED);
  EXPECT_EQ(brk(kHeap + 4 * kPage), kHeap + 2 * kPage) << "a page stays free above the heap";
  EXPECT_EQ(brk(kHeap + 3 * kPage), kHeap + 3 * kPage);
  EXPECT_EQ(brk(kHeap), kHeap);
}

TEST_F(AddressSpaceTest, MremapGrowsInPlaceOrMoves) {
  uint64_t at = mmap_at(0x50000000, 2 * kPage);
  poke(at, 1);
  poke(at + kPage, 2);
  EXPECT_EQ(remap(at, 2 * kPage, 4 * kPage, 0).value().value, at);
  EXPECT_TRUE(poke(at + 3 * kPage, 4));
  mmap_at(at + 4 * kPage, kPage, PROT_READ);
  EXPECT_EQ(error_of(remap(at, 4 * kPage, 5 * kPage, 0)), ENOMEM);
  uint64_t moved = remap(at, 4 * kPage, 6 * kPage, MREMAP_MAYMOVE).value().value;
  EXPECT_NE(moved, at);
  EXPECT_EQ(peek(moved), 1);
  EXPECT_EQ(peek(moved + kPage), 2);
  EXPECT_EQ(peek(moved + 3 * kPage), 4);
  EXPECT_EQ(peek(moved + 5 * kPage), 0);
  EXPECT_EQ(peek(at), -1);
  EXPECT_EQ(remap(moved, 6 * kPage, kPage, 0).value().value, moved);
  EXPECT_EQ(peek(moved + kPage), -1);
}

TEST_F(AddressSpaceTest, MremapOfSharedMemory) {
  uint64_t at = mmap_at(0x50000000, 2 * kPage, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  poke(at, 1);
  uint64_t twin = remap(at, 0, 2 * kPage, MREMAP_MAYMOVE).value().value;
  poke(twin + kPage, 9);
  EXPECT_EQ(peek(at + kPage), 9);
  EXPECT_EQ(peek(twin), 1);
  EXPECT_EQ(remap(at, 2 * kPage, 3 * kPage, 0).value().value, at);
  EXPECT_EQ(peek(at), 1);
  EXPECT_EQ(peek(at + 2 * kPage), -1) << "past the object's end: SIGBUS";
  uint64_t moved = remap(twin, 2 * kPage, 3 * kPage, MREMAP_MAYMOVE).value().value;
  EXPECT_EQ(peek(moved + kPage), 9);
  uint64_t private_at = mmap_at(0, kPage);
  EXPECT_EQ(error_of(remap(private_at, 0, kPage, MREMAP_MAYMOVE)), EINVAL);
}

TEST_F(AddressSpaceTest, MremapErrors) {
  uint64_t at = mmap_at(0x50000000, 2 * kPage);
  EXPECT_EQ(error_of(remap(at + 1, kPage, kPage, 0)), EINVAL);
  EXPECT_EQ(error_of(remap(at, kPage, 0, 0)), EINVAL);
  EXPECT_EQ(error_of(remap(at, kPage, kPage, 8)), EINVAL);
  EXPECT_EQ(error_of(remap(at, kPage, kPage, MREMAP_FIXED, 0x60000000)), EINVAL);
  EXPECT_EQ(error_of(remap(0x60000000, kPage, 2 * kPage, 0)), EFAULT);
  EXPECT_EQ(error_of(remap(at, 3 * kPage, 4 * kPage, MREMAP_MAYMOVE)), EFAULT);
  constexpr int kFixed = MREMAP_MAYMOVE | MREMAP_FIXED;
  EXPECT_EQ(error_of(remap(at, kPage, kPage, kFixed, 0x60000001)), EINVAL);
  EXPECT_EQ(error_of(remap(at, 2 * kPage, kPage, kFixed, at + kPage)), EINVAL);
  EXPECT_EQ(error_of(remap(at, kPage, kPage, kFixed, sfi::kGuestEnd)), EINVAL);
  EXPECT_EQ(error_of(remap(at, kPage, kPage, kFixed, 0)), EPERM);
  EXPECT_EQ(error_of(remap(at, kPage, UINT64_MAX & ~(kPage - 1), MREMAP_MAYMOVE)), ENOMEM);
  EXPECT_EQ(space_->mappings().size(), 2U);
}

TEST_F(AddressSpaceTest, AHugeMremapNeverLeavesTheSlot) {
  uint64_t at = mmap_at(sfi::kGuestEnd - 80 * kMebibyte, kPage, kReadWrite, kAnonymous | MAP_FIXED);
  EXPECT_EQ(error_of(remap(at, kPage, 3 * (uint64_t{1} << 30), 0)), ENOMEM);
  EXPECT_EQ(error_of(remap(at, kPage, sfi::kSlotSize, MREMAP_MAYMOVE)), ENOMEM);
  EXPECT_EQ(error_of(remap(at, sfi::kSlotSize, kPage, 0)), EINVAL);
}

TEST_F(AddressSpaceTest, ManyHostMappingsMoveAsOne) {
  // Pages of different origin: one mapping of the cage, several of the host's.
  uint64_t at = mmap_at(0x50000000, 8 * kPage);
  for (uint64_t page = 0; page < 8; ++page) poke(at + page * kPage, static_cast<uint8_t>(page + 1));
  uint64_t other = mmap_at(0x60000000, 8 * kPage);
  for (uint64_t page = 0; page < 8; ++page)
    poke(other + page * kPage, static_cast<uint8_t>(page + 11));
  constexpr int kFixed = MREMAP_MAYMOVE | MREMAP_FIXED;
  ASSERT_TRUE(remap(other + 5 * kPage, 2 * kPage, 2 * kPage, kFixed, at + 3 * kPage).ok());
  ASSERT_EQ(space_->mappings().size(), 4U);
  auto moved = remap(at, 8 * kPage, 8 * kPage, kFixed, 0x70000000);
  ASSERT_TRUE(moved.ok());
  const int kExpected[] = {1, 2, 3, 16, 17, 6, 7, 8};
  for (uint64_t page = 0; page < 8; ++page) {
    EXPECT_EQ(peek(0x70000000 + page * kPage), kExpected[page]);
    EXPECT_EQ(peek(at + page * kPage), -1);
  }
}

TEST_F(AddressSpaceTest, Madvise) {
  uint64_t at = mmap_at(0x50000000, 2 * kPage);
  poke(at, 1);
  EXPECT_EQ(advise(at + 1, kPage, MADV_DONTNEED), EINVAL);
  EXPECT_EQ(advise(at, kPage, 4711), EINVAL);
  EXPECT_EQ(advise(at, UINT64_MAX, MADV_DONTNEED), EINVAL);
  EXPECT_EQ(advise(at, 0, MADV_DONTNEED), 0);
  EXPECT_EQ(advise(at, kPage, MADV_HWPOISON), EPERM);
  EXPECT_EQ(peek(at), 1);
  EXPECT_EQ(advise(at, 3 * kPage, MADV_DONTNEED), ENOMEM) << "but what is mapped is done";
  EXPECT_EQ(peek(at), 0);
  EXPECT_EQ(advise(at, kPage, MADV_FREE), 0);
  uint64_t shared = mmap_at(0, kPage, kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  EXPECT_EQ(advise(shared, kPage, MADV_FREE), EINVAL);
  EXPECT_EQ(advise(shared, kPage, MADV_WIPEONFORK), EINVAL);
  poke(shared, 3);
  EXPECT_EQ(advise(shared, kPage, MADV_DONTNEED), 0);
  EXPECT_EQ(peek(shared), 3) << "the object keeps it";
  EXPECT_EQ(advise(shared, kPage, MADV_REMOVE), 0);
  EXPECT_EQ(peek(shared), 0);
  EXPECT_EQ(advise(at, kPage, MADV_REMOVE), EINVAL);
  EXPECT_EQ(advise(0x70000000, kPage, MADV_POPULATE_READ), ENOMEM);
  EXPECT_EQ(advise(at, 2 * kPage, MADV_POPULATE_WRITE), 0);
}

TEST_F(AddressSpaceTest, LocksAreCounted) {
  make({.locked = 4 * kPage});
  uint64_t at = mmap_at(0x50000000, 8 * kPage);
  EXPECT_EQ(error_of(space_->mlock(GuestAddr{at + 5}, 2 * kPage - 5, 0)), 0);
  EXPECT_EQ(space_->totals().locked, 2U);
  EXPECT_EQ(error_of(space_->mlock(GuestAddr{at}, 4 * kPage, 0)), 0) << "two of them again";
  EXPECT_EQ(error_of(space_->mlock(GuestAddr{at}, 5 * kPage, 0)), ENOMEM);
  EXPECT_EQ(advise(at, kPage, MADV_DONTNEED), EINVAL);
  EXPECT_EQ(error_of(space_->msync(GuestAddr{at}, kPage, MS_INVALIDATE)), EBUSY);
  EXPECT_EQ(mmap_error(0, kPage, kReadWrite, kAnonymous | MAP_LOCKED), EAGAIN);
  EXPECT_EQ(error_of(space_->munlock(GuestAddr{at}, 8 * kPage)), 0);
  EXPECT_EQ(space_->totals().locked, 0U);
  EXPECT_EQ(error_of(space_->mlock(GuestAddr{0x70000000}, kPage, 0)), ENOMEM);
  EXPECT_EQ(error_of(space_->mlock(GuestAddr{at}, kPage, 99)), EINVAL);
  EXPECT_EQ(error_of(space_->mlockall(0)), EINVAL);
  EXPECT_EQ(error_of(space_->mlockall(MCL_CURRENT)), ENOMEM);
  EXPECT_EQ(error_of(space_->mlockall(MCL_FUTURE)), 0);
  mmap_at(0, kPage);
  EXPECT_EQ(space_->totals().locked, 1U);
  EXPECT_EQ(error_of(space_->munlockall()), 0);
  EXPECT_EQ(space_->totals().locked, 0U);
  make({.locked = kMebibyte / 4});
  EXPECT_EQ(error_of(space_->mlockall(MCL_CURRENT)), 0) << "of the stack only what Linux counts";
  make({.locked = 0});
  EXPECT_EQ(error_of(space_->mlock(GuestAddr{sfi::kStackTop - kPage}, kPage, 0)), EPERM);
}

TEST_F(AddressSpaceTest, AddressSpaceAndDataLimits) {
  make({.address_space = kMebibyte, .data = kMebibyte / 2});
  EXPECT_EQ(mmap_error(0, kMebibyte, PROT_READ, kAnonymous), ENOMEM);
  EXPECT_EQ(mmap_error(0, kMebibyte * 3 / 4, PROT_READ, kAnonymous), 0);
  EXPECT_EQ(mmap_error(0, kMebibyte / 4, PROT_READ, kAnonymous), ENOMEM) << "the stack counts";
  make({.data = kMebibyte / 2});
  uint64_t at = mmap_at(0x50000000, kMebibyte, PROT_READ);
  EXPECT_EQ(protect(at, kMebibyte, kReadWrite), ENOMEM);
  EXPECT_EQ(protect(at, kMebibyte / 4, kReadWrite), 0);
  EXPECT_EQ(mmap_error(0, kMebibyte / 2, kReadWrite, kAnonymous), ENOMEM);
  EXPECT_EQ(brk(kHeap + kMebibyte / 2), kHeap);
  EXPECT_EQ(brk(kHeap + kMebibyte / 4), kHeap + kMebibyte / 4);
  // Replacing what is there takes nothing more.
  EXPECT_EQ(mmap_error(at, kMebibyte / 4, kReadWrite, kAnonymous | MAP_FIXED), 0);
}

TEST_F(AddressSpaceTest, TheNumberOfMappingsIsLimited) {
  uint64_t at = mmap_at(0x50000000, 2 * AddressSpace::kMaxMappings * kPage);
  uint64_t page = 0;
  int error = 0;
  for (; page < 2 * AddressSpace::kMaxMappings && error == 0; page += 2) {
    error = protect(at + page * kPage, kPage, PROT_READ);
  }
  EXPECT_EQ(error, ENOMEM);
  EXPECT_LE(space_->mappings().size(), AddressSpace::kMaxMappings);
  EXPECT_GE(space_->mappings().size(), AddressSpace::kMaxMappings - 2);
  EXPECT_TRUE(poke(at + (page - 2) * kPage, 1)) << "the one refused is as it was";
  EXPECT_EQ(unmap(at, 2 * AddressSpace::kMaxMappings * kPage), 0);
}

TEST_F(AddressSpaceTest, TheStackGrowsWithItsLimit) {
  EXPECT_TRUE(poke(sfi::kStackTop - 8 * kMebibyte, 1));
  EXPECT_FALSE(poke(sfi::kStackTop - 8 * kMebibyte - 1, 1));
  space_->set_limits({.stack = 16 * kMebibyte});
  EXPECT_TRUE(poke(sfi::kStackTop - 16 * kMebibyte, 1));
  EXPECT_FALSE(poke(sfi::kStackTop - 16 * kMebibyte - 1, 1));
  space_->set_limits({.stack = kMebibyte});
  EXPECT_TRUE(poke(sfi::kStackTop - 16 * kMebibyte, 1)) << "what has grown stays";
  EXPECT_EQ(peek(sfi::kStackTop), -1);
}

TEST_F(AddressSpaceTest, Msync) {
  FileSource source = file_source(2, kReadWrite);
  ASSERT_EQ(mmap_error(0x50000000, 2 * kPage, kReadWrite, MAP_SHARED | MAP_FIXED, source), 0);
  poke(0x50000000, 'x');
  EXPECT_EQ(error_of(space_->msync(GuestAddr{0x50000000}, 2 * kPage, MS_SYNC)), 0);
  char byte = 0;
  ASSERT_EQ(pread(file_.get(), &byte, 1, 0), 1);
  EXPECT_EQ(byte, 'x');
  EXPECT_EQ(error_of(space_->msync(GuestAddr{0x50000000}, 3 * kPage, MS_SYNC)), ENOMEM);
  EXPECT_EQ(error_of(space_->msync(GuestAddr{0x50000001}, kPage, MS_SYNC)), EINVAL);
  EXPECT_EQ(error_of(space_->msync(GuestAddr{0x50000000}, kPage, MS_SYNC | MS_ASYNC)), EINVAL);
  EXPECT_EQ(error_of(space_->msync(GuestAddr{0x50000000}, kPage, 64)), EINVAL);
  EXPECT_EQ(error_of(space_->msync(GuestAddr{0x50000000}, UINT64_MAX - 2 * kPage, 0)), ENOMEM);
}

TEST_F(AddressSpaceTest, Mincore) {
  uint64_t at = mmap_at(0x50000000, 4 * kPage);
  uint64_t states = mmap_at(0x60000000, kPage);
  poke(at + kPage, 1);
  EXPECT_EQ(error_of(space_->mincore(GuestAddr{at}, 4 * kPage, GuestAddr{states})), 0);
  EXPECT_EQ(peek(states) & 1, 0);
  EXPECT_EQ(peek(states + 1) & 1, 1);
  EXPECT_EQ(error_of(space_->mincore(GuestAddr{at}, 5 * kPage, GuestAddr{states})), ENOMEM);
  EXPECT_EQ(error_of(space_->mincore(GuestAddr{at + 1}, kPage, GuestAddr{states})), EINVAL);
  EXPECT_EQ(error_of(space_->mincore(GuestAddr{at}, kPage, GuestAddr{0})), EFAULT);
  EXPECT_EQ(error_of(space_->mincore(GuestAddr{at}, kPage, GuestAddr{0x70000000})), EFAULT);
  EXPECT_EQ(error_of(space_->mincore(GuestAddr{at}, UINT64_MAX, GuestAddr{states})), ENOMEM);
  EXPECT_EQ(error_of(space_->mincore(GuestAddr{sfi::kGuestEnd}, kPage, GuestAddr{states})), ENOMEM);
}

TEST_F(AddressSpaceTest, PopulateAndNoReserve) {
  uint64_t at = mmap_at(0x50000000, 4 * kPage, kReadWrite, kAnonymous | MAP_POPULATE);
  uint64_t states = mmap_at(0x60000000, kPage);
  ASSERT_EQ(error_of(space_->mincore(GuestAddr{at}, 4 * kPage, GuestAddr{states})), 0);
  EXPECT_EQ(peek(states + 3) & 1, 1);
  EXPECT_EQ(mmap_error(0, uint64_t{2} << 30, kReadWrite, kAnonymous | MAP_NORESERVE), 0);
  EXPECT_EQ(mmap_error(0, uint64_t{2} << 30, kReadWrite, kAnonymous | MAP_NORESERVE), ENOMEM);
}

// Attack: threads of one cage race calls against each other. No hole, no crash, and the books
// agree with the host at the end.
TEST_F(AddressSpaceTest, ConcurrentCalls) {
  std::vector<std::thread> threads;
  for (unsigned id = 0; id < 3; ++id) {
    threads.emplace_back([this, id] {
      unsigned state = id + 1;
      for (int i = 0; i < 1500; ++i) {
        state = state * 1103515245 + 12345;
        uint64_t at = 0x50000000 + (state >> 16) % 32 * kPage;
        switch ((state >> 8) % 5) {
          case 0:
            mmap_error(at, 4 * kPage, kReadWrite, kAnonymous | MAP_FIXED);
            break;
          case 1:
            unmap(at, 2 * kPage);
            break;
          case 2:
            protect(at, kPage, PROT_READ);
            break;
          case 3:
            static_cast<void>(remap(at, kPage, 3 * kPage, MREMAP_MAYMOVE));
            break;
          default:
            poke(at, 1);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (uint64_t page = 0; page < 40; ++page) {
    uint64_t at = 0x50000000 + page * kPage;
    bool mapped = false;
    for (const Vma& vma : space_->mappings()) mapped = mapped || (vma.start <= at && at < vma.end);
    EXPECT_EQ(peek(at) != -1, mapped) << page;
  }
}

}  // namespace
}  // namespace rawposix::mm
