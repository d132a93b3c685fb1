// SPDX-License-Identifier: Apache-2.0
#include "loader/load.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "loader/test_elf.h"
#include "sfi/fault.h"

namespace rawposix::loader {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;

class Load : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }

  void SetUp() override {
    auto made = mm::AddressSpace::create(arena_);
    ASSERT_TRUE(made.ok());
    space_ = std::move(made).value();
  }
  static std::shared_ptr<const Image> image_of(const TestElf& elf) {
    std::vector<std::byte> bytes = elf.build();
    MemorySource source(bytes);
    auto image = Image::load(source, "/bin/test");
    EXPECT_TRUE(image.ok()) << image.error().message();
    return std::move(image).value();
  }
  uint8_t byte_at(uint64_t address) {
    uint8_t byte = 0xEE;
    EXPECT_TRUE(space_->guest_memory().copy_in(&byte, mm::GuestAddr{address}, 1).ok()) << address;
    return byte;
  }
  int protect(uint64_t address, uint64_t size, int protection) {
    auto result = space_->mprotect(mm::GuestAddr{address}, size, protection);
    return result.ok() ? 0 : result.error().number();
  }
  int advise(uint64_t address, uint64_t size, int advice) {
    auto result = space_->madvise(mm::GuestAddr{address}, size, advice);
    return result.ok() ? 0 : result.error().number();
  }

  sfi::SlotArena arena_;
  std::unique_ptr<mm::AddressSpace> space_;
};

TEST_F(Load, MapsAnImageAsItsHeadersSay) {
  auto image = image_of(TestElf());
  StartInfo start;
  start.arguments = {"test"};
  start.path = "/bin/test";
  auto entry = load_program(*space_, *image, start);
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry.value().instruction, TestElf::kText + 32);

  std::vector<mm::Vma> maps = space_->mappings();
  ASSERT_EQ(maps.size(), 5U);
  EXPECT_EQ(maps[0].protection, PROT_READ);
  EXPECT_EQ(maps[1].protection, PROT_READ | PROT_EXEC);
  EXPECT_EQ(maps[1].start, TestElf::kText);
  EXPECT_EQ(maps[1].file->name, "/bin/test");
  EXPECT_EQ(maps[2].protection, PROT_READ | PROT_WRITE);
  EXPECT_EQ(maps[2].size(), kPage);
  EXPECT_EQ(maps[3].size(), 2 * kPage);
  EXPECT_EQ(maps[3].file, nullptr);
  EXPECT_EQ(maps[4].end, sfi::kStackTop);
  EXPECT_EQ(space_->heap().start, TestElf::kData + 3 * kPage);

  EXPECT_EQ(byte_at(TestElf::kBase + 1), 'E');
  EXPECT_EQ(byte_at(TestElf::kText), 0xCC);
  EXPECT_EQ(byte_at(TestElf::kText + kPage - 1), 0xCC) << "the page's rest is traps";
  EXPECT_EQ(byte_at(TestElf::kData), 1);
  EXPECT_EQ(byte_at(TestElf::kData + TestElf::kDataBytes - 1), TestElf::kDataBytes);
  EXPECT_EQ(byte_at(TestElf::kData + TestElf::kDataBytes), 0);
  EXPECT_EQ(byte_at(TestElf::kData + 3 * kPage - 1), 0);
  EXPECT_EQ(byte_at(entry.value().stack), 1) << "argc";
}

TEST_F(Load, CagesShareTextButNotData) {
  auto image = image_of(TestElf());
  ASSERT_TRUE(load_program(*space_, *image, {}).ok());
  auto other = mm::AddressSpace::create(arena_);
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE(load_program(*other.value(), *image, {}).ok());
  uint8_t changed = 99;
  ASSERT_TRUE(space_->guest_memory().copy_out(mm::GuestAddr{TestElf::kData}, &changed, 1).ok());
  uint8_t seen = 0;
  ASSERT_TRUE(other.value()->guest_memory().copy_in(&seen, mm::GuestAddr{TestElf::kData}, 1).ok());
  EXPECT_EQ(seen, 1);
}

// Attacks on the integrity of verified code (docs/sfi.md: executable pages never change).
TEST_F(Load, TextCantBeChanged) {
  auto image = image_of(TestElf());
  ASSERT_TRUE(load_program(*space_, *image, {}).ok());
  const uint64_t text = TestElf::kText;
  uint8_t byte = 0x0F;
  mm::GuestMemory memory = space_->guest_memory();

  EXPECT_EQ(memory.copy_out(mm::GuestAddr{text}, &byte, 1).error(), Errno(EFAULT));
  EXPECT_EQ(protect(text, kPage, PROT_READ | PROT_WRITE), EACCES);
  EXPECT_EQ(protect(text, kPage, PROT_READ | PROT_WRITE | PROT_EXEC), EACCES);
  EXPECT_EQ(protect(TestElf::kData, kPage, PROT_READ | PROT_EXEC), EACCES);
  EXPECT_EQ(protect(TestElf::kBase, kPage, PROT_READ | PROT_EXEC), EACCES);
  for (int advice = 0; advice < 130; ++advice) {
    advise(text, kPage, advice);
    ASSERT_EQ(byte_at(text), 0xCC) << "advice " << advice;
  }
  for (uint64_t size : {uint64_t{0}, kPage, 2 * kPage}) {
    auto moved = space_->mremap(mm::GuestAddr{text}, size, kPage, MREMAP_MAYMOVE | MREMAP_FIXED,
                                mm::GuestAddr{0x40000000});
    EXPECT_FALSE(moved.ok()) << size;
    moved = space_->mremap(mm::GuestAddr{text}, size, 3 * kPage, MREMAP_MAYMOVE, {});
    EXPECT_FALSE(moved.ok()) << size;
  }
  // Less is always possible, and back again.
  EXPECT_EQ(protect(text, kPage, PROT_NONE), 0);
  EXPECT_EQ(memory.copy_in(&byte, mm::GuestAddr{text}, 1).error(), Errno(EFAULT));
  EXPECT_EQ(protect(text, kPage, PROT_READ | PROT_EXEC), 0);
  EXPECT_EQ(byte_at(text), 0xCC);
}

TEST_F(Load, ReplacedTextIsNoLongerExecutable) {
  auto image = image_of(TestElf());
  ASSERT_TRUE(load_program(*space_, *image, {}).ok());
  mm::MapRequest request{.address = mm::GuestAddr{TestElf::kText},
                         .size = kPage,
                         .protection = PROT_READ | PROT_WRITE,
                         .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                         .source = {}};
  ASSERT_TRUE(space_->mmap(request).ok());
  EXPECT_EQ(protect(TestElf::kText, kPage, PROT_READ | PROT_EXEC), EACCES);
}

// The data segment is a private mapping of the image, as far as a program can tell.
TEST_F(Load, DroppedDataComesBackFromTheImage) {
  auto image = image_of(TestElf());
  ASSERT_TRUE(load_program(*space_, *image, {}).ok());
  uint8_t changed = 99;
  mm::GuestMemory memory = space_->guest_memory();
  ASSERT_TRUE(memory.copy_out(mm::GuestAddr{TestElf::kData}, &changed, 1).ok());
  ASSERT_TRUE(memory.copy_out(mm::GuestAddr{TestElf::kData + kPage}, &changed, 1).ok());
  EXPECT_EQ(advise(TestElf::kData, 2 * kPage, MADV_DONTNEED), 0);
  EXPECT_EQ(byte_at(TestElf::kData), 1);
  EXPECT_EQ(byte_at(TestElf::kData + kPage), 0);
  ASSERT_TRUE(memory.copy_out(mm::GuestAddr{TestElf::kData}, &changed, 1).ok());
  EXPECT_EQ(byte_at(TestElf::kData), 99);
}

// The old place shows the image again, and only the old place.
TEST_F(Load, DataMovedAwayComesBackFromTheImage) {
  TestElf elf;
  elf.data.assign(2 * kPage, 7);
  elf.segments[2].p_filesz = 2 * kPage;
  auto image = image_of(elf);
  ASSERT_TRUE(load_program(*space_, *image, {}).ok());
  uint8_t changed = 99;
  mm::GuestMemory memory = space_->guest_memory();
  for (uint64_t page = 0; page < 2; ++page) {
    mm::GuestAddr at{TestElf::kData + page * kPage};
    ASSERT_TRUE(memory.copy_out(at, &changed, 1).ok());
  }
  auto moved = space_->mremap(mm::GuestAddr{TestElf::kData}, kPage, kPage,
                              MREMAP_MAYMOVE | MREMAP_DONTUNMAP, {});
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(byte_at(moved.value().value), 99);
  EXPECT_EQ(byte_at(TestElf::kData), 7);
  EXPECT_EQ(byte_at(TestElf::kData + kPage), 99);
}

TEST_F(Load, TooManyArgumentsAreE2BIG) {
  auto image = image_of(TestElf());
  StartInfo start;
  start.arguments = {std::string(200 * 1024, 'x')};
  EXPECT_EQ(load_program(*space_, *image, start).error(), Errno(E2BIG));
}

TEST_F(Load, AddressSpaceLimitIsENOMEM) {
  auto image = image_of(TestElf());
  space_->set_limits({.address_space = 3 * kPage});
  EXPECT_EQ(load_program(*space_, *image, {}).error(), Errno(ENOMEM));
}

}  // namespace
}  // namespace rawposix::loader
