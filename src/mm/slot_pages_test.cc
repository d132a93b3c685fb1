// SPDX-License-Identifier: Apache-2.0
#include "mm/slot_pages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <optional>

#include "host/memory.h"
#include "sfi/fault.h"
#include "sfi/safe_copy.h"

namespace rawposix::mm {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;
constexpr uint64_t kAt = 0x40000000;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;

class SlotPagesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  void SetUp() override {
    auto slot = arena_.acquire();
    ASSERT_TRUE(slot.ok());
    pages_.emplace(std::move(slot).value());
  }
  bool poke(uint64_t at, int value) { return sfi_safe_fill(pages_->base() + at, value, 1) == 0; }
  int peek(uint64_t at) {
    unsigned char value = 0;
    return sfi_safe_copy(&value, pages_->base() + at, 1) == 0 ? value : -1;
  }
  // The invariant: whatever happened, the host finds no free address in the slot.
  void expect_no_hole(uint64_t start, uint64_t end) {
    for (uint64_t at = start; at < end; at += kPage) {
      auto probe =
          host::map(pages_->base() + at, kPage, PROT_NONE, MAP_PRIVATE | MAP_FIXED_NOREPLACE);
      ASSERT_FALSE(probe.ok()) << std::hex << at;
      ASSERT_EQ(probe.error(), Errno(EEXIST));
    }
  }

  sfi::SlotArena arena_;
  std::optional<SlotPages> pages_;
};

TEST_F(SlotPagesTest, MapAndRelease) {
  ASSERT_TRUE(pages_->map(kAt, 4 * kPage, kReadWrite, MAP_PRIVATE).ok());
  EXPECT_TRUE(poke(kAt + kPage, 5));
  ASSERT_TRUE(pages_->release(kAt + kPage, kPage).ok());
  EXPECT_EQ(peek(kAt + kPage), -1);
  EXPECT_EQ(peek(kAt + 2 * kPage), 0);
  expect_no_hole(kAt - kPage, kAt + 5 * kPage);
}

TEST_F(SlotPagesTest, AFailedMappingTellsWhatIsLeft) {
  ASSERT_TRUE(pages_->map(kAt, 2 * kPage, kReadWrite, MAP_PRIVATE).ok());
  ASSERT_TRUE(poke(kAt, 5));
  UniqueFd directory(open("/", O_RDONLY | O_DIRECTORY));
  auto mapped = pages_->map(kAt, 2 * kPage, PROT_READ, MAP_PRIVATE, directory.get());
  ASSERT_FALSE(mapped.ok());
  EXPECT_EQ(mapped.error().error, Errno(ENODEV));
  bool untouched = mapped.error().old_pages == SlotPages::Remains::kUntouched;
  EXPECT_EQ(peek(kAt), untouched ? 5 : -1);
  expect_no_hole(kAt - kPage, kAt + 3 * kPage);
}

TEST_F(SlotPagesTest, MovesLeaveTheOldRangeMapped) {
  ASSERT_TRUE(pages_->map(kAt, 2 * kPage, kReadWrite, MAP_PRIVATE).ok());
  ASSERT_TRUE(poke(kAt + kPage, 5));
  ASSERT_TRUE(pages_->move(kAt, 2 * kPage, kAt + 8 * kPage).ok());
  EXPECT_EQ(peek(kAt + 9 * kPage), 5);
  EXPECT_EQ(peek(kAt + kPage), 0);
  expect_no_hole(kAt, kAt + 12 * kPage);
}

TEST_F(SlotPagesTest, MovesManyHostMappings) {
  ASSERT_TRUE(pages_->map(kAt, 7 * kPage, kReadWrite, MAP_PRIVATE).ok());
  for (uint64_t page = 0; page < 7; ++page) ASSERT_TRUE(poke(kAt + page * kPage, 1));
  for (uint64_t page = 1; page < 7; page += 2) {
    ASSERT_TRUE(pages_->protect(kAt + page * kPage, kPage, PROT_READ).ok());
  }
  ASSERT_TRUE(pages_->move(kAt, 7 * kPage, kAt + 16 * kPage).ok());
  for (uint64_t page = 0; page < 7; ++page) EXPECT_EQ(peek(kAt + (16 + page) * kPage), 1);
  EXPECT_FALSE(poke(kAt + 17 * kPage, 2));
  expect_no_hole(kAt, kAt + 24 * kPage);
}

TEST_F(SlotPagesTest, DuplicatesSharedMappings) {
  ASSERT_TRUE(pages_->map(kAt, kPage, kReadWrite, MAP_SHARED).ok());
  ASSERT_TRUE(pages_->duplicate_shared(kAt, kPage, kAt + 4 * kPage).ok());
  ASSERT_TRUE(poke(kAt, 6));
  EXPECT_EQ(peek(kAt + 4 * kPage), 6);
  ASSERT_TRUE(pages_->map(kAt, kPage, kReadWrite, MAP_PRIVATE).ok());
  EXPECT_FALSE(pages_->duplicate_shared(kAt, kPage, kAt + 6 * kPage).ok());
  expect_no_hole(kAt, kAt + 8 * kPage);
}

}  // namespace
}  // namespace rawposix::mm
