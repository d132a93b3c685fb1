// SPDX-License-Identifier: Apache-2.0
#include "loader/image.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/descriptors.h"
#include "host/file.h"
#include "loader/test_elf.h"

namespace rawposix::loader {
namespace {

constexpr uint64_t kPage = sfi::kPageSize;

TEST(ImageTest, UnverifiableCodeIsRefusedWithAReport) {
  TestElf elf;
  elf.text[0] = 0x0F;  // syscall
  elf.text[1] = 0x05;
  std::vector<std::byte> bytes = elf.build();
  MemorySource source(bytes);
  auto image = Image::load(source, "x");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().fault(), LoadFault::kRefused);
  EXPECT_NE(image.error().detail().find("101000"), std::string::npos) << image.error().message();
}

TEST(ImageTest, TheEntryIsASafePoint) {
  TestElf elf;
  // A five-byte mov across the entry.
  const uint8_t mov[] = {0xB8, 1, 2, 3, 4};
  memcpy(elf.text.data() + 16, mov, sizeof mov);
  elf.header.e_entry = TestElf::kText + 18;
  std::vector<std::byte> bytes = elf.build();
  MemorySource source(bytes);
  auto image = Image::load(source, "x");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().fault(), LoadFault::kBadEntry);
}

// Attack: the file changes between the reading of its headers and of its content.
TEST(ImageTest, OnlyWhatWasSealedIsVerified) {
  class Changing final : public ByteSource {
   public:
    Changing() : good_(TestElf().build()), bad_(good_) {
      bad_[TestElf::kPage] = std::byte{0xC3};  // ret
    }
    uint64_t size() const override { return good_.size(); }
    Result<> read(uint64_t offset, std::span<std::byte> to) override {
      const auto& bytes = offset == TestElf::kPage ? bad_ : good_;
      memcpy(to.data(), bytes.data() + offset, to.size());
      return {};
    }

   private:
    std::vector<std::byte> good_, bad_;
  };
  Changing source;
  auto image = Image::load(source, "x");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().fault(), LoadFault::kRefused);
}

// Attack on the host's own mapping, and through it on every cage: nothing may make it writable.
TEST(ImageTest, SharedMappingsOfTheFileCantBeMadeWritable) {
  std::vector<std::byte> bytes = TestElf().build();
  MemorySource source(bytes);
  auto image = Image::load(source, "x");
  ASSERT_TRUE(image.ok());
  int fd = image.value()->file()->host_fd;
  auto mapped = host::map(nullptr, kPage, PROT_READ, MAP_SHARED, {fd, 0});
  ASSERT_TRUE(mapped.ok());
  EXPECT_FALSE(host::protect(mapped.value(), kPage, PROT_READ | PROT_WRITE).ok());
  ASSERT_TRUE(host::unmap(mapped.value(), kPage).ok());
}

TEST(ImageTest, TheMemoryFileIsSealed) {
  std::vector<std::byte> bytes = TestElf().build();
  MemorySource source(bytes);
  auto image = Image::load(source, "x");
  ASSERT_TRUE(image.ok());
  int fd = image.value()->segments()[1].file->host_fd;
  char byte = 0;
  EXPECT_EQ(pwrite(fd, &byte, 1, 0), -1);
  EXPECT_EQ(ftruncate(fd, 0), -1);
  auto writable = host::reopen(fd, O_RDWR);
  if (writable.ok()) {
    EXPECT_EQ(pwrite(writable.value().get(), &byte, 1, 0), -1);
    EXPECT_FALSE(
        host::map(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, {writable.value().get(), 0})
            .ok());
  }
}

// Attack: programs without number, each made, run and removed.
TEST(ImageTest, ItsDescriptorIsCounted) {
  const Budget& budget = host::descriptor_budget();
  std::vector<std::byte> bytes = TestElf().build();
  MemorySource source(bytes);
  const uint64_t before = budget.used();
  {
    auto image = Image::load(source, "x");
    ASSERT_TRUE(image.ok());
    EXPECT_EQ(budget.used(), before + 1);
  }
  EXPECT_EQ(budget.used(), before);
}

// Attack: a small file whose segments lie far apart makes the host keep what is between them.
TEST(ImageTest, HolesBetweenSegmentsTakeNoMemory) {
  TestElf elf;
  elf.segments[2].p_vaddr = TestElf::kBase + (uint64_t{1} << 30);
  std::vector<std::byte> bytes = elf.build();
  MemorySource source(bytes);
  auto image = Image::load(source, "x");
  ASSERT_TRUE(image.ok()) << image.error().message();
  struct stat status {};
  ASSERT_EQ(fstat(image.value()->file()->host_fd, &status), 0);
  EXPECT_EQ(status.st_size, 3 * static_cast<off_t>(kPage));
  const auto& segments = image.value()->segments();
  ASSERT_EQ(segments.size(), 3U);
  const std::vector<std::byte> data = content_of(segments[2]);
  EXPECT_EQ(memcmp(data.data(), elf.data.data(), elf.data.size()), 0);
}

}  // namespace
}  // namespace rawposix::loader
