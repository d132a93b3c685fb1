// SPDX-License-Identifier: Apache-2.0
// Warm slots: what one cage leaves behind must not show in the next one that gets its slot.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "host/page_map.h"
#include "loader/load.h"
#include "loader/test_elf.h"
#include "mm/warm_slots.h"
#include "sfi/fault.h"
#include "sfi/safe_copy.h"

namespace rawposix::loader {
namespace {

using mm::AddressSpace;
using mm::GuestAddr;
constexpr uint64_t kPage = sfi::kPageSize;
constexpr uint64_t kMebibyte = 1024 * 1024;

class Recycle : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  void SetUp() override { image_ = image_of(elf_with_bss(200)); }

  static TestElf elf_with_bss(uint64_t pages) {
    TestElf elf;
    elf.segments[2].p_memsz = pages * kPage;
    return elf;
  }
  static std::shared_ptr<const Image> image_of(const TestElf& elf) {
    std::vector<std::byte> bytes = elf.build();
    MemorySource source(bytes);
    auto image = Image::load(source, "x");
    EXPECT_TRUE(image.ok());
    return std::move(image).value();
  }
  std::unique_ptr<AddressSpace> start(const Image& image, const mm::MemoryLimits& limits = {}) {
    auto space = AddressSpace::create(slots_, image.file(), limits);
    EXPECT_TRUE(space.ok());
    StartInfo info;
    info.arguments = {"x", "y"};
    info.stack_limit = limits.stack;
    EXPECT_TRUE(load_program(*space.value(), image, info).ok());
    return std::move(space).value();
  }
  static GuestAddr map(AddressSpace& space, uint64_t size, int flags) {
    mm::MapRequest request;
    request.size = size;
    request.protection = PROT_READ | PROT_WRITE;
    request.flags = flags | MAP_ANONYMOUS;
    auto mapped = space.mmap(request);
    EXPECT_TRUE(mapped.ok());
    return mapped.value();
  }
  static void scribble(AddressSpace& space) {
    for (const mm::Vma& vma : space.mappings()) {
      if (!vma.writable()) continue;
      uint64_t size = std::min(vma.size(), kMebibyte);
      ASSERT_TRUE(space.guest_memory().fill(GuestAddr{vma.start}, std::byte{0x5A}, size).ok());
      ASSERT_TRUE(space.guest_memory().fill(GuestAddr{vma.end - size}, std::byte{0x5A}, size).ok());
    }
  }
  // Every readable byte and the addresses that are not, from the image to the heap's region and in
  // the stack's last MiB.
  static std::vector<std::byte> everything(AddressSpace& space) {
    std::vector<std::byte> all;
    auto add = [&](uint64_t start, uint64_t end) {
      std::vector<std::byte> page(kPage);
      for (uint64_t at = start; at < end; at += kPage) {
        bool readable = sfi_safe_copy(page.data(), space.base() + at, kPage) == 0;
        all.push_back(std::byte{readable});
        if (readable) all.insert(all.end(), page.begin(), page.end());
      }
    };
    add(0, 4 * kMebibyte);
    add(sfi::kStackTop - 10 * kMebibyte, sfi::kSlotSize);
    return all;
  }

  sfi::SlotArena arena_;
  mm::WarmSlots slots_{arena_, {.slots = 2}};
  std::shared_ptr<const Image> image_;
};

TEST_F(Recycle, TheNextCageSeesNothingOfTheLast) {
  auto fresh = start(*image_);
  std::vector<std::byte> expected = everything(*fresh);
  std::byte* base = fresh->base();

  fresh->brk(GuestAddr{fresh->heap().start + 3 * kMebibyte});
  map(*fresh, kMebibyte, MAP_PRIVATE);
  map(*fresh, kMebibyte, MAP_SHARED);
  GuestAddr mapped = map(*fresh, kMebibyte, MAP_PRIVATE);
  scribble(*fresh);
  fresh.reset();
  ASSERT_EQ(slots_.size(), 1U);

  auto next = start(*image_);
  EXPECT_EQ(next->base(), base);
  EXPECT_EQ(slots_.size(), 0U);
  EXPECT_TRUE(everything(*next) == expected);
  EXPECT_FALSE(next->guest_memory().fill(mapped, std::byte{1}, 1).ok());
  EXPECT_EQ(next->mappings().size(), 5U);
  EXPECT_EQ(next->heap().end, next->heap().start);
}

TEST_F(Recycle, ManyTimes) {
  std::vector<std::byte> expected;
  for (int round = 0; round < 20; ++round) {
    auto space = start(*image_);
    std::vector<std::byte> found = everything(*space);
    if (round == 0) expected = found;
    ASSERT_TRUE(found == expected) << round;
    scribble(*space);
  }
  EXPECT_EQ(arena_.slots_in_use(), 1U);
}

// Attack: a cage changes the mappings that are kept.
TEST_F(Recycle, ChangesOfTheLayoutDontShow) {
  const uint64_t data = TestElf::kData;
  using Change = void (*)(AddressSpace&);
  const Change kChanges[] = {
      [](AddressSpace& s) {  // writable read-only data, written, and back
        ASSERT_TRUE(s.mprotect(GuestAddr{TestElf::kBase}, kPage, PROT_READ | PROT_WRITE).ok());
        ASSERT_TRUE(s.guest_memory().fill(GuestAddr{TestElf::kBase}, std::byte{7}, 100).ok());
        ASSERT_TRUE(s.mprotect(GuestAddr{TestElf::kBase}, kPage, PROT_READ).ok());
      },
      [](AddressSpace& s) {  // data written, and read-only
        ASSERT_TRUE(s.guest_memory().fill(GuestAddr{data}, std::byte{7}, 4 * kPage).ok());
        ASSERT_TRUE(s.mprotect(GuestAddr{data}, 3 * kPage, PROT_READ).ok());
        ASSERT_TRUE(s.mprotect(GuestAddr{data + 3 * kPage}, kPage, PROT_NONE).ok());
      },
      [](AddressSpace& s) { ASSERT_TRUE(s.munmap(GuestAddr{TestElf::kText}, kPage).ok()); },
      [](AddressSpace& s) {
        ASSERT_TRUE(s.mprotect(GuestAddr{TestElf::kText}, kPage, PROT_NONE).ok());
      },
      [](AddressSpace& s) {
        ASSERT_TRUE(
            s.mremap(GuestAddr{data + 3 * kPage}, kPage, 2 * kPage, MREMAP_MAYMOVE, {}).ok());
      },
      [](AddressSpace& s) {  // shows the file from now on, and is written
        ASSERT_TRUE(s.madvise(GuestAddr{data}, kPage, MADV_DONTNEED).ok());
        ASSERT_TRUE(s.guest_memory().fill(GuestAddr{data}, std::byte{7}, kPage).ok());
      },
      [](AddressSpace& s) {
        mm::MapRequest over{.address = GuestAddr{data + kPage},
                            .size = kPage,
                            .protection = PROT_READ | PROT_WRITE,
                            .flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
                            .source = {}};
        ASSERT_TRUE(s.mmap(over).ok());
        ASSERT_TRUE(s.guest_memory().fill(GuestAddr{data + kPage}, std::byte{7}, kPage).ok());
      },
      [](AddressSpace& s) {  // memory where the heap and the next mapping will be
        s.brk(GuestAddr{s.heap().start + kMebibyte});
        ASSERT_TRUE(s.guest_memory().fill(GuestAddr{s.heap().start}, std::byte{7}, kMebibyte).ok());
        map(s, 16 * kMebibyte, MAP_PRIVATE);
        scribble(s);
      },
  };
  auto fresh = start(*image_);
  std::vector<std::byte> expected = everything(*fresh);
  fresh.reset();
  for (Change change : kChanges) {
    auto space = start(*image_);
    ASSERT_NO_FATAL_FAILURE(change(*space));
    space.reset();
    space = start(*image_);
    EXPECT_TRUE(everything(*space) == expected);
    ASSERT_EQ(space->brk(GuestAddr{space->heap().start + kPage}).value,
              space->heap().start + kPage);
    std::byte byte{1};
    EXPECT_TRUE(space->guest_memory().copy_in(&byte, GuestAddr{space->heap().start}, 1).ok());
    EXPECT_EQ(byte, std::byte{0});
  }
}

// Which pages are in memory is no trace of the last cage, either.
TEST_F(Recycle, TheSamePagesAreInMemoryEachTime) {
  auto resident = [](AddressSpace& space) {
    GuestAddr states = map(space, kMebibyte, MAP_PRIVATE);
    std::vector<std::vector<std::byte>> all;
    for (const mm::Vma& vma : space.mappings()) {
      if (vma.end > states.value && vma.start < states.value + kMebibyte) continue;
      EXPECT_TRUE(space.mincore(GuestAddr{vma.start}, vma.size(), states).ok());
      std::vector<std::byte> pages(vma.size() / kPage);
      EXPECT_TRUE(space.guest_memory().copy_in(pages.data(), states, pages.size()).ok());
      all.push_back(std::move(pages));
    }
    return all;
  };
  start(*image_).reset();
  auto untouched = start(*image_);
  auto expected = resident(*untouched);
  untouched.reset();
  auto scribbled = start(*image_);
  scribble(*scribbled);
  scribbled.reset();
  EXPECT_EQ(resident(*start(*image_)), expected);
}

TEST_F(Recycle, OtherStackLimitsAndOtherImages) {
  auto fresh = start(*image_);
  scribble(*fresh);
  fresh.reset();
  auto small = start(*image_, {.stack = 2 * kMebibyte});
  EXPECT_EQ(small->mappings().back().size(), 2 * kMebibyte);
  EXPECT_FALSE(
      small->guest_memory().fill(GuestAddr{sfi::kStackTop - 3 * kMebibyte}, std::byte{1}, 1).ok());
  EXPECT_TRUE(
      small->guest_memory().fill(GuestAddr{sfi::kStackTop - 2 * kMebibyte}, std::byte{1}, 1).ok());
  small.reset();
  auto other_image = image_of(elf_with_bss(3));
  std::byte* warm_base = start(*image_)->base();
  EXPECT_NE(start(*other_image)->base(), warm_base);
  EXPECT_EQ(slots_.size(), 2U);
}

TEST_F(Recycle, KeepsNoMoreThanItsLimits) {
  std::vector<std::unique_ptr<AddressSpace>> spaces;
  for (int i = 0; i < 5; ++i) spaces.push_back(start(*image_));
  spaces.clear();
  EXPECT_EQ(slots_.size(), 2U);
  EXPECT_EQ(arena_.slots_in_use(), 2U);

  mm::WarmSlots small(arena_, {.slots = 10, .bytes = 3 * kMebibyte});
  for (int i = 0; i < 5; ++i) {
    auto space = AddressSpace::create(small, image_->file());
    ASSERT_TRUE(space.ok());
    ASSERT_TRUE(load_program(*space.value(), *image_, {}).ok());
    spaces.push_back(std::move(space).value());
  }
  spaces.clear();
  EXPECT_EQ(small.size(), 3U) << "each has nearly 1 MiB of data";
}

// Much memory is not kept, but the rest is.
TEST_F(Recycle, KeepsLittleOfEach) {
  auto space = start(*image_);
  map(*space, 64 * kMebibyte, MAP_PRIVATE);
  space->brk(GuestAddr{space->heap().start + 8 * kMebibyte});
  for (const mm::Vma& vma : space->mappings()) {
    if (!vma.writable()) continue;
    ASSERT_TRUE(space->guest_memory().fill(GuestAddr{vma.start}, std::byte{1}, vma.size()).ok());
  }
  std::byte* base = space->base();
  space.reset();
  ASSERT_EQ(slots_.size(), 1U);
  const host::PageRange all{sfi::kGuestStart, sfi::kGuestEnd};
  auto runs = host::private_runs(base, {&all, 1}, host::PageKinds::kWithContent);
  ASSERT_TRUE(runs.ok());
  uint64_t size = 0;
  for (const host::PageRange& run : runs.value()) size += run.end - run.start;
  EXPECT_LE(size, 21 * kMebibyte);
  EXPECT_GE(size, 20 * kMebibyte);
}

TEST_F(Recycle, AFailedStartLeavesNothingBehind) {
  start(*image_).reset();
  auto space = AddressSpace::create(slots_, image_->file());
  ASSERT_TRUE(space.ok());
  StartInfo info;
  info.arguments = {std::string(200 * 1024, 'x')};
  EXPECT_FALSE(load_program(*space.value(), *image_, info).ok());
  space = Errno(0);
  EXPECT_EQ(slots_.size(), 0U);
  EXPECT_EQ(start(*image_)->mappings().size(), 5U);
}

}  // namespace
}  // namespace rawposix::loader
