// SPDX-License-Identifier: Apache-2.0
#include "fs/fd_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace rawposix::fs {
namespace {

constexpr uint64_t kLimit = 1024;

// Counts how many of its kind live.
class Counted final : public File {
 public:
  explicit Counted(std::atomic<int>& alive) : alive_(alive) { alive_++; }
  ~Counted() override { alive_--; }
  int flags() const override { return O_RDWR; }
  Result<> set_flags(int) override { return {}; }
  void descriptor_closed(const FdTable&) override { closed++; }
  std::atomic<int> closed{0};

 private:
  std::atomic<int>& alive_;
};

class FdTableTest : public testing::Test {
 protected:
  FileRef file() { return make_file<Counted>(alive); }
  int add(int lowest = 0) { return table.add(file(), kLimit, CloseOnExec::kNo, lowest).value(); }
  std::atomic<int> alive{0};
  FdTable table;
};

TEST_F(FdTableTest, GivesTheLowestFreeNumber) {
  EXPECT_EQ(add(), 0);
  EXPECT_EQ(add(), 1);
  EXPECT_EQ(add(), 2);
  ASSERT_TRUE(table.close(FdNum{1}).ok());
  EXPECT_EQ(add(), 1);
  EXPECT_EQ(add(100), 100);
  EXPECT_EQ(add(), 3);
  EXPECT_EQ(add(100), 101);
}

TEST_F(FdTableTest, FillsUpToTheLimitAcrossBlocks) {
  for (int i = 0; i < 1000; i++) ASSERT_EQ(add(), i);
  EXPECT_EQ(table.add(file(), 1000, CloseOnExec::kNo).error(), Errno(EMFILE));
  ASSERT_TRUE(table.close(FdNum{500}).ok());
  EXPECT_EQ(table.add(file(), 1000, CloseOnExec::kNo).value(), 500);
  EXPECT_EQ(alive, 1000);
}

TEST_F(FdTableTest, RefusesNumbersThatReferToNothing) {
  for (int number : {-1, 0, 7, 5000, INT32_MAX, INT32_MIN, AT_FDCWD}) {
    EXPECT_EQ(table.borrow(FdNum{number}).error(), Errno(EBADF)) << number;
    EXPECT_EQ(table.close(FdNum{number}).error(), Errno(EBADF)) << number;
    EXPECT_EQ(table.flag(FdNum{number}).error(), Errno(EBADF)) << number;
  }
}

TEST_F(FdTableTest, ReservationsHoldTheirNumberUntilDropped) {
  {
    auto slot = table.reserve(1, CloseOnExec::kNo);
    ASSERT_TRUE(slot.ok());
    EXPECT_EQ(table.borrow(FdNum{0}).error(), Errno(EBADF));
    EXPECT_EQ(table.close(FdNum{0}).error(), Errno(EBADF));
    EXPECT_EQ(table.reserve(1, CloseOnExec::kNo).error(), Errno(EMFILE));
    EXPECT_EQ(table.replace(0, file(), kLimit, CloseOnExec::kNo).error(), Errno(EBUSY));
  }
  auto slot = table.reserve(1, CloseOnExec::kYes);
  ASSERT_TRUE(slot.ok());
  EXPECT_EQ(std::move(slot).value().fill(file()), 0);
  EXPECT_EQ(table.flag(FdNum{0}).value(), CloseOnExec::kYes);
}

TEST_F(FdTableTest, ReplaceClosesWhatWasThere) {
  FileRef first = file();
  table.add(first, kLimit, CloseOnExec::kNo).value();
  FileRef second = file();
  ASSERT_TRUE(table.replace(0, second, kLimit, CloseOnExec::kYes).ok());
  EXPECT_EQ(static_cast<Counted&>(*first).closed, 1);
  EXPECT_EQ(table.get(FdNum{0}).value().get(), second.get());
  EXPECT_EQ(table.flag(FdNum{0}).value(), CloseOnExec::kYes);
  ASSERT_TRUE(table.replace(70, second, kLimit, CloseOnExec::kNo).ok());
  EXPECT_EQ(table.replace(1024, second, kLimit, CloseOnExec::kNo).error(), Errno(EBADF));
  EXPECT_EQ(table.numbers(), (std::vector<int>{0, 70}));
}

TEST_F(FdTableTest, CloneSharesFilesAndFlags) {
  add();
  table.add(file(), kLimit, CloseOnExec::kYes, 65).value();
  std::unique_ptr<FdTable> copy = table.clone();
  EXPECT_EQ(alive, 2);
  EXPECT_EQ(copy->get(FdNum{65}).value().get(), table.get(FdNum{65}).value().get());
  copy->close_on_exec();
  EXPECT_EQ(copy->numbers(), (std::vector<int>{0}));
  table.close_all();
  EXPECT_EQ(alive, 1);
  EXPECT_TRUE(copy->borrow(FdNum{0}).ok());
}

TEST_F(FdTableTest, CloseRangeAndFlagRange) {
  for (int i = 0; i < 200; i++) add();
  table.set_flags(10, 19, CloseOnExec::kYes);
  table.close_range(20, 189);
  EXPECT_EQ(table.numbers().size(), 30U);
  table.close_on_exec();
  EXPECT_EQ(table.numbers().size(), 20U);
  table.close_range(150, UINT32_MAX);
  EXPECT_EQ(table.numbers().size(), 10U);
  EXPECT_EQ(alive, 10);
  EXPECT_EQ(add(), 10);
}

TEST_F(FdTableTest, ABorrowedFileOutlivesItsNumber) {
  add();
  {
    auto borrowed = table.borrow(FdNum{0});
    ASSERT_TRUE(borrowed.ok());
    ASSERT_TRUE(table.close(FdNum{0}).ok());
    EXPECT_EQ(alive, 1);
    add();
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 1);
}

// Lookups, closes and replacements of the same numbers: nothing is freed early or kept.
TEST_F(FdTableTest, SurvivesRaces) {
  constexpr int kRounds = 300000;
  std::atomic<bool> stop{false};
  FileRef shared = file();
  auto look = [&] {
    while (!stop) {
      for (int number = 0; number < 4; number++) {
        auto borrowed = table.borrow(FdNum{number});
        if (!borrowed.ok()) continue;
        EXPECT_EQ(borrowed.value()->flags(), O_RDWR);
      }
    }
  };
  std::thread reader1(look);
  std::thread reader2(look);
  for (int round = 0; round < kRounds; round++) {
    int number = round % 4;
    if (round % 3 == 0) {
      static_cast<void>(table.replace(number, shared, kLimit, CloseOnExec::kNo));
    } else if (round % 3 == 1) {
      static_cast<void>(table.replace(number, file(), kLimit, CloseOnExec::kNo));
    } else {
      static_cast<void>(table.close(FdNum{number}));
    }
  }
  stop = true;
  reader1.join();
  reader2.join();
  table.close_all();
  EXPECT_EQ(alive, 1);
  shared = FileRef();
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace rawposix::fs
