// SPDX-License-Identifier: Apache-2.0
#include "mm/guest_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <thread>

#include "host/memory.h"
#include "sfi/fault.h"
#include "sfi/slots.h"

namespace rawposix::mm {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;
constexpr GuestAddr kMapped{0x200000};

// Two writable pages at kMapped, one read-only page after them, nothing around.
class GuestMemoryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  void SetUp() override {
    auto slot = arena_.acquire();
    ASSERT_TRUE(slot.ok());
    slot_ = std::move(slot).value();
    map(kMapped.value, 2, PROT_READ | PROT_WRITE);
    map(kMapped.value + 2 * kPage, 1, PROT_READ);
  }
  void map(uint64_t start, size_t pages, int protection) {
    ASSERT_TRUE(
        host::map(slot_.base() + start, pages * kPage, protection, MAP_PRIVATE | MAP_FIXED).ok());
  }
  GuestMemory memory() const { return GuestMemory(slot_.base()); }

  sfi::SlotArena arena_;
  sfi::Slot slot_;
};

template <class T>
int error_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().number();
}

TEST_F(GuestMemoryTest, ReadsAndWritesValues) {
  UserInOut<uint64_t> pointer(kMapped.plus(kPage - 3));
  EXPECT_EQ(error_of(memory().write(pointer, 0x1122334455667788U)), 0);
  EXPECT_EQ(memory().read(pointer).value(), 0x1122334455667788U);
  EXPECT_EQ(memory().read(UserIn<uint32_t>(pointer.addr().plus(4))).value(), 0x11223344U);
}

TEST_F(GuestMemoryTest, FaultsAreEFAULT) {
  uint64_t value = 0;
  EXPECT_EQ(error_of(memory().copy_in(&value, kMapped.plus(-8U + 4), 8)), EFAULT);
  EXPECT_EQ(error_of(memory().copy_out(kMapped.plus(2 * kPage), &value, 8)), EFAULT);
  EXPECT_EQ(error_of(memory().copy_out(kMapped.plus(2 * kPage - 4), &value, 8)), EFAULT);
  EXPECT_EQ(error_of(memory().copy_in(&value, kMapped.plus(2 * kPage), 8)), 0);
  EXPECT_EQ(error_of(memory().fill(kMapped.plus(kPage), std::byte{1}, 2 * kPage)), EFAULT);
  EXPECT_EQ(error_of(memory().fill(kMapped, std::byte{1}, 2 * kPage)), 0);
}

// Attack: pointers that wrap, leave the slot or name a neighbour's memory.
TEST_F(GuestMemoryTest, RangesOutsideTheSlotAreEFAULT) {
  map(sfi::kGuestEnd - kPage, 1, PROT_READ | PROT_WRITE);
  char byte = 0;
  for (uint64_t start : {uint64_t{0}, sfi::kGuestStart - 1, sfi::kGuestEnd, sfi::kSlotSize,
                         sfi::kSlotSize + kMapped.value, UINT64_MAX,
                         reinterpret_cast<uint64_t>(&byte), -kMapped.value}) {
    EXPECT_EQ(error_of(memory().copy_in(&byte, GuestAddr{start}, 1)), EFAULT) << start;
    EXPECT_EQ(error_of(memory().copy_out(GuestAddr{start}, &byte, 1)), EFAULT) << start;
    EXPECT_EQ(error_of(memory().fill(GuestAddr{start}, std::byte{0}, 1)), EFAULT) << start;
    EXPECT_EQ(error_of(memory().host_range(GuestAddr{start}, 1)), EFAULT) << start;
    EXPECT_EQ(error_of(memory().copy_string({GuestAddr{start}}, 10)), EFAULT) << start;
    EXPECT_EQ(error_of(memory().copy_in(&byte, GuestAddr{start}, 0)), 0) << start;
  }
  for (uint64_t size : {kPage + 1, sfi::kSlotSize, uint64_t{UINT64_MAX}, uint64_t{INT64_MAX}}) {
    GuestAddr last_page{sfi::kGuestEnd - kPage};
    EXPECT_EQ(error_of(memory().host_range(last_page, size)), EFAULT) << size;
    EXPECT_EQ(error_of(memory().fill(last_page, std::byte{0}, size)), EFAULT) << size;
  }
  EXPECT_EQ(error_of(memory().host_range(GuestAddr{sfi::kGuestEnd - kPage}, kPage)), 0);
}

TEST_F(GuestMemoryTest, Strings) {
  std::string text = "a path";
  GuestAddr at = kMapped.plus(2 * kPage - 7);
  ASSERT_TRUE(memory().copy_out(at, text.c_str(), 7).ok());
  EXPECT_EQ(memory().copy_string({at}, 4096).value(), text);
  EXPECT_EQ(memory().copy_string({at}, 7).value(), text);
  EXPECT_EQ(error_of(memory().copy_string({at}, 6)), ENAMETOOLONG);
  EXPECT_EQ(error_of(memory().copy_string({at}, 0)), ENAMETOOLONG);
  EXPECT_EQ(memory().copy_string({at.plus(6)}, 4096).value(), "");
}

TEST_F(GuestMemoryTest, UnterminatedStringsAreEFAULT) {
  ASSERT_TRUE(host::map(slot_.base() + sfi::kGuestEnd - kPage, kPage, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_FIXED)
                  .ok());
  ASSERT_TRUE(memory().fill(GuestAddr{sfi::kGuestEnd - kPage}, std::byte{'x'}, kPage).ok());
  EXPECT_EQ(error_of(memory().copy_string({GuestAddr{sfi::kGuestEnd - 5}}, 4096)), EFAULT);
  EXPECT_EQ(error_of(memory().copy_string({GuestAddr{sfi::kGuestEnd - 5}}, 5)), ENAMETOOLONG);
  // Ends at an unmapped page.
  map(0x300000, 1, PROT_READ | PROT_WRITE);
  ASSERT_TRUE(memory().fill(GuestAddr{0x300000}, std::byte{'x'}, kPage).ok());
  EXPECT_EQ(error_of(memory().copy_string({GuestAddr{0x300000}}, 2 * kPage)), EFAULT);
  EXPECT_EQ(error_of(memory().copy_string({GuestAddr{0x300000}}, kPage)), ENAMETOOLONG);
}

// Attack: another task writes the string while it is copied. The copy has no NUL inside.
TEST_F(GuestMemoryTest, StringsChangedMeanwhileStayWhole) {
  std::atomic<bool> stop = false;
  std::byte* text = slot_.base() + kMapped.value;
  memset(text, 'x', 100);
  std::thread writer([&] {
    while (!stop) {
      __atomic_store_n(reinterpret_cast<char*>(text) + 10, '\0', __ATOMIC_RELAXED);
      __atomic_store_n(reinterpret_cast<char*>(text) + 10, 'x', __ATOMIC_RELAXED);
    }
  });
  for (int i = 0; i < 20000; ++i) {
    std::string copy = memory().copy_string({kMapped}, 4096).value();
    ASSERT_EQ(copy.find('\0'), std::string::npos);
    ASSERT_TRUE(copy.size() == 10 || copy.size() == 100) << copy.size();
  }
  stop = true;
  writer.join();
}

TEST_F(GuestMemoryTest, NullIsSkippedByWriteIf) {
  EXPECT_EQ(error_of(memory().write_if(UserOut<int>(), 1)), 0);
  EXPECT_EQ(error_of(memory().write(UserOut<int>(), 1)), EFAULT);
  EXPECT_EQ(error_of(memory().write_if(UserOut<int>(kMapped), 1)), 0);
}

}  // namespace
}  // namespace rawposix::mm
