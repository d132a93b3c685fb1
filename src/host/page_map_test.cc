// SPDX-License-Identifier: Apache-2.0
#include "host/page_map.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>

#include "host/memory.h"

namespace rawposix::host {
namespace {

constexpr size_t kPage = 4096;
constexpr int kReadWrite = PROT_READ | PROT_WRITE;

class PrivateRuns : public testing::TestWithParam<PageMapMethod> {
 protected:
  static constexpr size_t kPages = 4096;

  void SetUp() override {
    auto mapped = map(nullptr, kPages * kPage, kReadWrite, MAP_PRIVATE);
    ASSERT_TRUE(mapped.ok());
    start_ = mapped.value();
    // Huge pages would hold more than what was written.
    ASSERT_TRUE(advise(start_, kPages * kPage, MADV_NOHUGEPAGE).ok());
  }
  void TearDown() override { EXPECT_TRUE(unmap(start_, kPages * kPage).ok()); }

  std::byte* page(size_t index) { return start_ + index * kPage; }
  static PageRange pages(size_t first, size_t end) { return {first * kPage, end * kPage}; }
  void write(size_t index) { *page(index) = std::byte{1}; }
  std::vector<PageRange> runs(std::vector<PageRange> ranges,
                              PageKinds kinds = PageKinds::kWithContent) {
    auto found = private_runs(start_, ranges, kinds, GetParam());
    EXPECT_TRUE(found.ok());
    return found.ok() ? std::move(found).value() : std::vector<PageRange>();
  }
  using List = std::vector<PageRange>;

  std::byte* start_ = nullptr;
};

TEST_P(PrivateRuns, AreWhatWasWritten) {
  EXPECT_EQ(runs({pages(0, kPages)}), List{});
  write(0);
  write(1);
  write(7);
  write(kPages - 1);
  EXPECT_EQ(runs({pages(0, kPages)}), (List{pages(0, 2), pages(7, 8), pages(kPages - 1, kPages)}));
  ASSERT_TRUE(advise(page(1), kPage, MADV_DONTNEED).ok());
  EXPECT_EQ(runs({pages(0, 8)}), (List{pages(0, 1), pages(7, 8)}));
}

TEST_P(PrivateRuns, AreCutToTheRanges) {
  for (size_t index = 10; index < 30; ++index) write(index);
  EXPECT_EQ(runs({pages(0, 5), pages(8, 12), pages(12, 13), pages(15, 16), pages(29, 40)}),
            (List{pages(10, 13), pages(15, 16), pages(29, 30)}));
  EXPECT_EQ(runs({}), List{});
  EXPECT_EQ(runs({pages(0, 10), pages(30, 40)}), List{});
}

// More of them than one call of Linux returns, or one read of ours.
TEST_P(PrivateRuns, CanBeMany) {
  List expected;
  for (size_t index = 1; index < kPages; index += 2) {
    write(index);
    expected.push_back(pages(index, index + 1));
  }
  EXPECT_EQ(runs({pages(0, kPages)}), expected);
}

// Whether it is left out otherwise depends on the host, which may give a page of its own to
// readers.
TEST_P(PrivateRuns, ThePageOfZeroesCountsIfAsked) {
  write(3);
  EXPECT_EQ(*page(4), std::byte{0});
  EXPECT_EQ(runs({pages(0, 16)}, PageKinds::kAll), (List{pages(3, 5)}));
}

TEST_P(PrivateRuns, ProtectedPagesCount) {
  write(3);
  write(4);
  ASSERT_TRUE(protect(page(3), kPage, PROT_NONE).ok());
  EXPECT_EQ(runs({pages(0, 16)}), (List{pages(3, 5)}));
}

TEST_P(PrivateRuns, OfAFileAreItsWrittenPages) {
  auto file = create_memory_file("test", 16 * kPage);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(
      map(page(0), 8 * kPage, kReadWrite, MAP_PRIVATE | MAP_FIXED, {file.value().get()}).ok());
  ASSERT_TRUE(
      map(page(8), 8 * kPage, kReadWrite, MAP_SHARED | MAP_FIXED, {file.value().get()}).ok());
  write(2);
  for (size_t index = 8; index < 12; ++index) write(index);
  EXPECT_EQ(*page(3), std::byte{1}) << "reads what was written to the file";
  EXPECT_EQ(runs({pages(0, 16)}), (List{pages(2, 3)}));
}

TEST_P(PrivateRuns, LeaveOutSharedMemory) {
  ASSERT_TRUE(map(page(0), 8 * kPage, kReadWrite, MAP_SHARED | MAP_FIXED).ok());
  write(2);
  write(8);
  EXPECT_EQ(runs({pages(0, 16)}), (List{pages(8, 9)}));
}

INSTANTIATE_TEST_SUITE_P(Methods, PrivateRuns,
                         testing::Values(PageMapMethod::kBest, PageMapMethod::kRead));

TEST(ResidentPages, CountsWhatWasTouched) {
  constexpr size_t kPages = 64;
  void* place = ::mmap(nullptr, kPages * 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(place, MAP_FAILED);
  ::madvise(place, kPages * 4096, MADV_NOHUGEPAGE);
  auto* bytes = static_cast<std::byte*>(place);
  for (size_t page : {3U, 4U, 9U}) bytes[page * 4096] = std::byte{1};
  const PageRange all[] = {{0, kPages * 4096}};
  const PageRange some[] = {{4 * 4096, 5 * 4096}, {9 * 4096, 12 * 4096}};
  auto counted = resident_pages(bytes, all);
  ASSERT_TRUE(counted.ok());
  EXPECT_EQ(counted.value().anonymous, 3U);
  EXPECT_EQ(counted.value().file, 0U);
  // What has only been read shows the page of zeroes, which isn't counted, where the host has one.
  const volatile std::byte* untouched = bytes + 20 * 4096;
  static_cast<void>(*untouched);
  const uint64_t own = resident_pages(bytes, all).value().anonymous;
  EXPECT_TRUE(own == 3 || own == 4) << own;
  EXPECT_EQ(resident_pages(bytes, some).value().anonymous, 2U);
  EXPECT_EQ(resident_pages(bytes, some, PageMapMethod::kRead).value().anonymous, 2U);
  ::munmap(place, kPages * 4096);
}

}  // namespace
}  // namespace rawposix::host
