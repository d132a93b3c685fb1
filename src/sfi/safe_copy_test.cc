// SPDX-License-Identifier: Apache-2.0
#include "sfi/safe_copy.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <vector>

#include "host/memory.h"
#include "sfi/fault.h"
#include "sfi/fixups.h"
#include "sfi/layout.h"

namespace rawposix::sfi {
namespace {

constexpr size_t kPages = 2;
constexpr size_t kReadable = kPages * kPageSize;

// Two readable pages followed by one that faults.
class SafeCopy : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(install_fault_handlers().ok()); }
  void SetUp() override {
    auto mapped = host::map(nullptr, kReadable + kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    ASSERT_TRUE(mapped.ok());
    memory_ = mapped.value();
    ASSERT_TRUE(host::protect(memory_ + kReadable, kPageSize, PROT_NONE).ok());
  }
  void TearDown() override { ASSERT_TRUE(host::unmap(memory_, kReadable + kPageSize).ok()); }
  std::byte* end() { return memory_ + kReadable; }

  std::byte* memory_ = nullptr;
};

std::vector<std::byte> pattern(size_t size) {
  std::vector<std::byte> bytes(size);
  bytes.reserve(1);  // a pointer that memcmp() takes
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + 1);
  return bytes;
}

TEST_F(SafeCopy, CopiesEverySize) {
  for (size_t size = 0; size <= 300; ++size) {
    std::vector<std::byte> from = pattern(size);
    memset(memory_, 0xEE, kReadable);
    EXPECT_EQ(sfi_safe_copy(memory_ + 1, from.data(), size), 0U);
    EXPECT_EQ(memcmp(memory_ + 1, from.data(), size), 0) << size;
    EXPECT_EQ(memory_[0], std::byte{0xEE});
    EXPECT_EQ(memory_[size + 1], std::byte{0xEE}) << size;
  }
}

TEST_F(SafeCopy, FaultOnTheDestinationCountsWhatIsLeft) {
  for (size_t size = 1; size <= 200; ++size) {
    std::vector<std::byte> from = pattern(size);
    for (size_t fits = 0; fits < size; ++fits) {
      memset(memory_, 0xEE, kReadable);
      ASSERT_EQ(sfi_safe_copy(end() - fits, from.data(), size), size - fits);
      ASSERT_EQ(memcmp(end() - fits, from.data(), fits), 0);
    }
  }
}

TEST_F(SafeCopy, FaultOnTheSourceCountsWhatIsLeft) {
  for (size_t size = 1; size <= 200; ++size) {
    std::vector<std::byte> to(size);
    for (size_t fits = 0; fits < size; ++fits) {
      ASSERT_EQ(sfi_safe_copy(to.data(), end() - fits, size), size - fits);
    }
  }
}

TEST_F(SafeCopy, LargeCopyStopsAtTheFaultingPage) {
  std::vector<std::byte> from = pattern(3 * kPageSize);
  EXPECT_EQ(sfi_safe_copy(memory_ + 5, from.data(), from.size()), from.size() - kReadable + 5);
  EXPECT_EQ(memcmp(memory_ + 5, from.data(), kReadable - 5), 0);
}

TEST_F(SafeCopy, ReadOnlyDestinationIsAFault) {
  ASSERT_TRUE(host::protect(memory_, kPageSize, PROT_READ).ok());
  uint64_t value = 1;
  EXPECT_EQ(sfi_safe_copy(memory_, &value, sizeof value), sizeof value);
  EXPECT_EQ(sfi_safe_fill(memory_, 1, 3), 3U);
}

TEST_F(SafeCopy, TruncatedFileIsAFault) {
  auto file = host::create_memory_file("truncated", kPageSize);
  ASSERT_TRUE(file.ok());
  auto mapped = host::map(nullptr, kPageSize, PROT_READ, MAP_SHARED, {file.value().get(), 0});
  ASSERT_TRUE(mapped.ok());
  ASSERT_EQ(ftruncate(file.value().get(), 0), 0);
  uint32_t value = 0;
  EXPECT_EQ(sfi_safe_copy(&value, mapped.value(), sizeof value), sizeof value);
  EXPECT_EQ(sfi_safe_load_u32(reinterpret_cast<uint32_t*>(mapped.value()), &value), -1);
  ASSERT_TRUE(host::unmap(mapped.value(), kPageSize).ok());
}

TEST_F(SafeCopy, Fill) {
  EXPECT_EQ(sfi_safe_fill(memory_, 0x1AB, kReadable), 0U);
  EXPECT_EQ(memory_[0], std::byte{0xAB});
  EXPECT_EQ(end()[-1], std::byte{0xAB});
  EXPECT_EQ(sfi_safe_fill(end() - 10, 1, 25), 15U);
  EXPECT_EQ(end()[-11], std::byte{0xAB});
  EXPECT_EQ(end()[-10], std::byte{1});
}

TEST_F(SafeCopy, StringLengthsAtEveryAlignment) {
  char* text = reinterpret_cast<char*>(memory_);
  for (size_t start = 0; start < 32; ++start) {
    for (size_t length = 0; length < 70; ++length) {
      memset(text, 'x', 128);
      text[start + length] = 0;
      if (start > 0) text[start - 1] = 0;
      ASSERT_EQ(sfi_safe_strnlen(text + start, 4096), length);
      ASSERT_EQ(sfi_safe_strnlen(text + start, length), length);
      ASSERT_EQ(sfi_safe_strnlen(text + start, length / 2), length / 2);
    }
  }
}

TEST_F(SafeCopy, StringAtTheEdge) {
  memset(memory_, 'x', kReadable);
  char* text_end = reinterpret_cast<char*>(end());
  for (size_t length = 0; length < 70; ++length) {
    EXPECT_EQ(sfi_safe_strnlen(text_end - length, length), length);
    EXPECT_EQ(sfi_safe_strnlen(text_end - length, length + 1), SIZE_MAX);
    EXPECT_EQ(sfi_safe_strnlen(text_end - length, SIZE_MAX), SIZE_MAX);
  }
  text_end[-1] = 0;
  EXPECT_EQ(sfi_safe_strnlen(text_end - 5, SIZE_MAX), 4U);
}

TEST_F(SafeCopy, CompareExchange) {
  auto* word = reinterpret_cast<uint32_t*>(memory_);
  *word = 5;
  uint32_t expected = 5;
  EXPECT_EQ(sfi_safe_compare_exchange_u32(word, &expected, 6), 0);
  EXPECT_EQ(*word, 6U);
  EXPECT_EQ(sfi_safe_compare_exchange_u32(word, &expected, 7), 1);
  EXPECT_EQ(expected, 6U);
  EXPECT_EQ(*word, 6U);
  auto* unmapped = reinterpret_cast<uint32_t*>(end());
  EXPECT_EQ(sfi_safe_compare_exchange_u32(unmapped, &expected, 7), -1);
  EXPECT_EQ(expected, 6U);
}

TEST_F(SafeCopy, LoadWord) {
  auto* word = reinterpret_cast<uint32_t*>(memory_);
  *word = 99;
  uint32_t value = 0;
  EXPECT_EQ(sfi_safe_load_u32(word, &value), 0);
  EXPECT_EQ(value, 99U);
  EXPECT_EQ(sfi_safe_load_u32(reinterpret_cast<uint32_t*>(end()), &value), -1);
}

TEST(Fixups, OnlyTheMarkedInstructionsHaveOne) {
  EXPECT_NE(sfi_fixups, sfi_fixups_end);
  EXPECT_EQ(find_fixup(0), 0U);
  EXPECT_EQ(find_fixup(reinterpret_cast<uintptr_t>(&find_fixup)), 0U);
  // The first instruction is a comparison of registers.
  EXPECT_EQ(find_fixup(reinterpret_cast<uintptr_t>(&sfi_safe_copy)), 0U);
  EXPECT_NE(find_fixup(reinterpret_cast<uintptr_t>(&sfi_safe_load_u32)), 0U);
}

}  // namespace
}  // namespace rawposix::sfi
