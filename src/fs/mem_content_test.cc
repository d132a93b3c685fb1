// SPDX-License-Identifier: Apache-2.0
#include "fs/mem_content.h"

#include <gtest/gtest.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <random>
#include <string>
#include <thread>

#include "host/descriptors.h"
#include "host/memory.h"
#include "sfi/fault.h"
#include "sfi/layout.h"

namespace rawposix::fs {
namespace {

using sfi::kPageSize;

template <class T>
int error_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().number();
}

class MemContentTest : public testing::Test {
 protected:
  static constexpr uint64_t kQuota = 200;
  static constexpr uint64_t kLarge = MemContent::kMostInHeap + 3;

  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }

  Result<size_t> write(std::string text, uint64_t offset) {
    iovec from{text.data(), text.size()};
    return content_->write({&from, 1}, offset);
  }
  Result<size_t> append(std::string text) {
    iovec from{text.data(), text.size()};
    uint64_t end = 0;
    Result<size_t> count = content_->append({&from, 1}, end);
    if (count.ok()) {
      EXPECT_EQ(end, content_->size());
    }
    return count;
  }
  std::string read(uint64_t offset, size_t size) {
    std::string text(size, '?');
    iovec to{text.data(), text.size()};
    Result<size_t> count = content_->read({&to, 1}, offset);
    text.resize(count.value_or(0));
    return text;
  }
  bool on_host() const { return content_->descriptor_if_any() >= 0; }
  // What Linux has, which must never be more than what was counted.
  int64_t host_size() const {
    struct stat status {};
    EXPECT_EQ(fstat(content_->descriptor_if_any(), &status), 0);
    return status.st_size;
  }

  std::shared_ptr<Quota> quota_ = std::make_shared<Quota>(kQuota);
  Budget budget_{100, 10};
  Descriptors descriptors_{budget_};
  std::unique_ptr<MemContent> content_ = std::make_unique<MemContent>(quota_, descriptors_);
};

TEST_F(MemContentTest, SmallFilesNeedNoDescriptor) {
  EXPECT_EQ(write("hello", 0).value(), 5U);
  EXPECT_EQ(append(", world").value(), 7U);
  EXPECT_EQ(read(0, 100), "hello, world");
  EXPECT_EQ(read(7, 3), "wor");
  EXPECT_EQ(read(12, 3), "");
  EXPECT_EQ(read(UINT64_MAX, 3), "");
  EXPECT_FALSE(on_host());
  EXPECT_EQ(descriptors_.used(), 0U);
  EXPECT_EQ(quota_->used(), 1U);
  content_.reset();
  EXPECT_EQ(quota_->used(), 0U);
}

TEST_F(MemContentTest, HolesAreZeroes) {
  ASSERT_TRUE(write("abc", 0).ok());
  ASSERT_TRUE(content_->truncate(1).ok());
  ASSERT_TRUE(write("z", 5).ok());
  EXPECT_EQ(read(0, 10), std::string("a\0\0\0\0z", 6));
}

TEST_F(MemContentTest, LargeFilesMoveToTheHost) {
  ASSERT_TRUE(write("start", 0).ok());
  ASSERT_EQ(write("end", kLarge - 3).value(), 3U);
  EXPECT_TRUE(on_host());
  EXPECT_EQ(descriptors_.used(), 1U);
  EXPECT_EQ(content_->size(), kLarge);
  EXPECT_EQ(host_size(), static_cast<int64_t>(kLarge));
  EXPECT_EQ(read(0, 7), std::string("start\0\0", 7));
  EXPECT_EQ(read(kLarge - 4, 10), std::string("\0end", 4));
  EXPECT_EQ(append("!").value(), 1U);
  EXPECT_EQ(read(kLarge - 1, 10), "d!");
  content_.reset();
  EXPECT_EQ(descriptors_.used(), 0U);
  EXPECT_EQ(quota_->used(), 0U);
}

TEST_F(MemContentTest, TheDescriptorShowsTheContent) {
  ASSERT_TRUE(write("text", 0).ok());
  Result<int> fd = content_->descriptor();
  ASSERT_TRUE(fd.ok());
  char text[8] = "";
  EXPECT_EQ(pread(fd.value(), text, sizeof text, 0), 4);
  EXPECT_STREQ(text, "text");
  ASSERT_TRUE(write("T", 0).ok());
  EXPECT_EQ(pread(fd.value(), text, 1, 0), 1);
  EXPECT_EQ(text[0], 'T');
}

TEST_F(MemContentTest, ItsSizeIsTakenFromTheQuota) {
  EXPECT_EQ(error_of(content_->truncate((kQuota + 1) * kPageSize)), ENOSPC);
  EXPECT_EQ(error_of(content_->truncate(INT64_MAX)), ENOSPC);
  EXPECT_EQ(content_->size(), 0U);
  EXPECT_EQ(quota_->used(), 0U);
  ASSERT_EQ(error_of(content_->truncate(kQuota * kPageSize)), 0);
  EXPECT_EQ(quota_->used(), kQuota);
  EXPECT_EQ(error_of(write("x", kQuota * kPageSize)), ENOSPC);
  EXPECT_EQ(error_of(append("x")), ENOSPC);
  EXPECT_EQ(error_of(content_->allocate(0, kQuota * kPageSize, 1)), ENOSPC);
  MemContent other(quota_, descriptors_);
  EXPECT_EQ(error_of(other.truncate(1)), ENOSPC);
  ASSERT_EQ(error_of(content_->truncate(1)), 0);
  EXPECT_EQ(error_of(other.truncate(1)), 0);
  EXPECT_EQ(quota_->used(), 2U);
}

TEST_F(MemContentTest, AWriteEndsWhereTheQuotaDoes) {
  for (uint64_t room : {uint64_t{2}, kQuota}) {
    Quota::One taken;
    MemContent filler(quota_, descriptors_);
    ASSERT_TRUE(filler.truncate((kQuota - room) * kPageSize).ok());
    content_ = std::make_unique<MemContent>(quota_, descriptors_);
    std::string much(kQuota * kPageSize, 'x');
    EXPECT_EQ(write(much, 100).value(), room * kPageSize - 100);
    EXPECT_EQ(content_->size(), room * kPageSize);
    EXPECT_EQ(error_of(write("y", room * kPageSize)), ENOSPC);
    content_ = std::make_unique<MemContent>(quota_, descriptors_);
    ASSERT_TRUE(append("start").ok());
    EXPECT_EQ(append(much + much).value(), room * kPageSize - 5);
    EXPECT_EQ(error_of(append("y")), ENOSPC);
    // Not a byte of a write too far behind.
    content_ = std::make_unique<MemContent>(quota_, descriptors_);
    EXPECT_EQ(error_of(write("y", kQuota * kPageSize + 1)), ENOSPC);
    EXPECT_EQ(content_->size(), 0U);
  }
}

TEST_F(MemContentTest, OffsetsThatWrapAround) {
  EXPECT_EQ(error_of(write("xy", INT64_MAX)), EFBIG);
  EXPECT_EQ(error_of(write("xy", UINT64_MAX)), EFBIG);
  EXPECT_EQ(error_of(content_->seek(-1, SEEK_DATA)), ENXIO);
}

TEST_F(MemContentTest, BadAddressesEndATransfer) {
  auto mapped = host::map(nullptr, 2 * kPageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  ASSERT_TRUE(mapped.ok());
  std::byte* page = mapped.value();
  ASSERT_TRUE(host::protect(page + kPageSize, kPageSize, PROT_NONE).ok());
  for (bool host : {false, true}) {
    SCOPED_TRACE(host);
    content_ = std::make_unique<MemContent>(quota_, descriptors_);
    if (host) {
      ASSERT_TRUE(content_->descriptor().ok());
    }
    iovec end{page + kPageSize - 10, 20};
    iovec beyond{page + kPageSize, 20};
    uint64_t at = 0;
    EXPECT_EQ(content_->write({&end, 1}, 0).value(), 10U);
    EXPECT_EQ(error_of(content_->write({&beyond, 1}, 0)), EFAULT);
    EXPECT_EQ(content_->append({&end, 1}, at).value(), 10U);
    EXPECT_EQ(at, content_->size());
    EXPECT_EQ(error_of(content_->append({&beyond, 1}, at)), EFAULT);
    if (!host) {
      EXPECT_EQ(content_->size(), 20U);
    }
    EXPECT_EQ(content_->read({&end, 1}, 0).value(), 10U);
    EXPECT_EQ(error_of(content_->read({&beyond, 1}, 0)), EFAULT);
    EXPECT_GE(static_cast<int64_t>(content_->size()), host ? host_size() : 0);
  }
  EXPECT_TRUE(host::unmap(page, 2 * kPageSize).ok());
}

TEST_F(MemContentTest, VectorsOfManyParts) {
  std::string parts[] = {"ab", "", "cde", std::string(40'000, 'x'), "f"};
  std::vector<iovec> vectors;
  for (std::string& part : parts) vectors.push_back({part.data(), part.size()});
  EXPECT_EQ(content_->write(vectors, 3).value(), 40'006U);
  std::string expected = parts[0] + parts[2] + parts[3] + parts[4];
  EXPECT_EQ(read(3, 50'000), expected);
  for (std::string& part : parts) std::fill(part.begin(), part.end(), '?');
  EXPECT_EQ(content_->read(vectors, 3).value(), 40'006U);
  EXPECT_EQ(parts[0] + parts[2] + parts[3] + parts[4], expected);
}

TEST_F(MemContentTest, Fallocate) {
  constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  for (bool host : {false, true}) {
    content_ = std::make_unique<MemContent>(quota_, descriptors_);
    if (host) {
      ASSERT_TRUE(content_->descriptor().ok());
    }
    ASSERT_TRUE(write("abcdef", 0).ok());
    EXPECT_EQ(error_of(content_->allocate(kPunch, 1, 2)), 0);
    EXPECT_EQ(error_of(content_->allocate(kPunch, 100, 200)), 0);
    EXPECT_EQ(read(0, 10), std::string("a\0\0def", 6));
    EXPECT_EQ(error_of(content_->allocate(FALLOC_FL_KEEP_SIZE, 0, 100 * kPageSize)), 0);
    EXPECT_EQ(content_->size(), 6U);
    EXPECT_EQ(quota_->used(), 1U);
    EXPECT_EQ(error_of(content_->allocate(0, 4, 6)), 0);
    EXPECT_EQ(content_->size(), 10U);
    EXPECT_EQ(error_of(content_->allocate(FALLOC_FL_ZERO_RANGE, 0, 1)), EOPNOTSUPP);
    EXPECT_EQ(content_->seek(3, SEEK_HOLE).value(), 10);
    EXPECT_EQ(error_of(content_->seek(10, SEEK_DATA)), ENXIO);
  }
}

TEST_F(MemContentTest, WithoutADescriptorToBeHad) {
  Budget none(0, 0);
  Descriptors descriptors(none);
  MemContent content(quota_, descriptors);
  std::string text = "text";
  iovec from{text.data(), text.size()};
  EXPECT_EQ(content.write({&from, 1}, 0).value(), 4U);
  EXPECT_EQ(error_of(content.descriptor()), ENFILE);
  EXPECT_EQ(error_of(content.write({&from, 1}, kLarge)), ENFILE);
  EXPECT_EQ(error_of(content.truncate(kLarge)), ENFILE);
  EXPECT_EQ(content.size(), 4U);
  EXPECT_EQ(quota_->used(), 1U);
}

// A write that Linux is at when the file is cut makes it longer again, and nobody would have
// counted that.
TEST_F(MemContentTest, CuttingWhileOthersWriteLeavesNothingUncounted) {
  ASSERT_TRUE(content_->descriptor().ok());
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i) {
    writers.emplace_back([&] {
      std::string much(100 * kPageSize, 'x');
      iovec from{much.data(), much.size()};
      while (!stop) static_cast<void>(content_->write({&from, 1}, 0));
    });
  }
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    static_cast<void>(content_->truncate(random() % 5000));
    std::this_thread::yield();
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(host_size(), static_cast<int64_t>(content_->size()));
  EXPECT_EQ(quota_->used(), (content_->size() + kPageSize - 1) / kPageSize);
}

TEST_F(MemContentTest, AppendedPiecesStayWhole) {
  static constexpr int kPieces = 200;
  static constexpr size_t kPiece = 700;
  std::vector<std::thread> writers;
  for (char name : {'a', 'b', 'c'}) {
    writers.emplace_back([this, name] {
      for (int i = 0; i < kPieces; ++i) {
        std::string piece(kPiece, name);
        iovec from{piece.data(), piece.size()};
        uint64_t end = 0;
        EXPECT_EQ(content_->append({&from, 1}, end).value_or(0), kPiece);
      }
    });
  }
  // Moves to the host in the middle of it.
  for (std::thread& writer : writers) writer.join();
  EXPECT_TRUE(on_host());
  ASSERT_EQ(content_->size(), 3 * kPieces * kPiece);
  for (uint64_t at = 0; at < content_->size(); at += kPiece) {
    std::string piece = read(at, kPiece);
    ASSERT_EQ(piece.find_first_not_of(piece[0]), std::string::npos) << at;
    ASSERT_NE(piece[0], '\0');
  }
}

// Against a plain string, with changes at random.
TEST_F(MemContentTest, BehavesAsAFile) {
  std::string model;
  std::mt19937 random(2);
  const uint64_t room = kQuota * kPageSize;
  for (int round = 0; round < 20'000; ++round) {
    if (round == 5000) content_ = std::make_unique<MemContent>(quota_, descriptors_);
    if (round == 5000) model.clear();
    // Mostly small, so that it is in the heap for a while each time it starts anew.
    const uint64_t offset = random() % (round % 5000 < 4000 ? 20'000 : room);
    const size_t size = random() % 3000;
    const std::string text(size, static_cast<char>('a' + random() % 26));
    switch (random() % 5) {
      case 0:
      case 1: {
        if (offset + size > room) break;
        ASSERT_EQ(write(text, offset).value_or(0), size);
        if (size == 0) break;
        if (model.size() < offset + size) model.resize(offset + size);
        model.replace(offset, size, text);
        break;
      }
      case 2:
        if (model.size() + size > room) break;
        ASSERT_EQ(append(text).value_or(0), size);
        model += text;
        break;
      case 3:
        ASSERT_TRUE(content_->truncate(offset).ok());
        model.resize(offset);
        break;
      default:
        ASSERT_EQ(read(offset, size), offset < model.size() ? model.substr(offset, size) : "");
        break;
    }
    ASSERT_EQ(content_->size(), model.size());
    ASSERT_EQ(quota_->used(), (model.size() + kPageSize - 1) / kPageSize);
  }
}

}  // namespace
}  // namespace rawposix::fs
