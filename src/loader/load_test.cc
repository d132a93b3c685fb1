// SPDX-License-Identifier: Apache-2.0
// From file to address space: image, cache and load together.
#include "loader/load.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "host/file.h"
#include "loader/image_cache.h"
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

class Cache : public testing::Test {
 protected:
  // A file of the given program, last changed long ago unless told otherwise.
  UniqueFd file_of(const TestElf& elf) {
    char path[] = "/tmp/rawposix-cache-XXXXXX";
    UniqueFd file(mkstemp(path));
    EXPECT_TRUE(file.valid());
    unlink(path);
    write(file, elf);
    return file;
  }
  static void write(const UniqueFd& file, const TestElf& elf) {
    std::vector<std::byte> bytes = elf.build();
    EXPECT_EQ(pwrite(file.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }
  std::shared_ptr<const Image> load(const UniqueFd& file) {
    auto image = cache_.load(file.get(), "x");
    EXPECT_TRUE(image.ok()) << image.error().message();
    return image.ok() ? image.value() : nullptr;
  }

  ImageCache cache_{{.max_images = 3}};
};

TEST_F(Cache, EqualContentIsOneImage) {
  UniqueFd one = file_of(TestElf());
  UniqueFd two = file_of(TestElf());
  auto image = load(one);
  EXPECT_EQ(load(two), image);
  EXPECT_EQ(cache_.statistics().misses, 1U);
  EXPECT_EQ(cache_.statistics().content_hits, 1U);
}

// Attack on freshness: a second write within one tick of the file's times.
TEST_F(Cache, AChangeRightAfterLoadingIsSeen) {
  UniqueFd file = file_of(TestElf());
  auto before = load(file);
  TestElf changed;
  changed.data[0] = 77;
  write(file, changed);
  auto after = load(file);
  ASSERT_NE(after, nullptr);
  EXPECT_NE(after, before);
  EXPECT_EQ(after->content(after->segments()[2])[0], std::byte{77});
}

TEST_F(Cache, SettledFilesAreNotReadAgain) {
  UniqueFd file = file_of(TestElf());
  auto status = host::file_system(file.get());
  ASSERT_TRUE(status.ok());
  usleep(2'100'000);
  auto image = load(file);
  EXPECT_EQ(load(file), image);
  // Where /tmp is of a kind that isn't trusted, the content is compared.
  EXPECT_EQ(cache_.statistics().quick_hits + cache_.statistics().content_hits, 1U);
  TestElf changed;
  changed.data[0] = 77;
  write(file, changed);
  EXPECT_NE(load(file), image);
}

TEST_F(Cache, IsBounded) {
  std::vector<std::weak_ptr<const Image>> images;
  for (uint8_t i = 0; i < 10; ++i) {
    TestElf elf;
    elf.data[0] = i;
    images.push_back(load(file_of(elf)));
  }
  size_t alive = 0;
  for (const auto& image : images) alive += image.expired() ? 0 : 1;
  EXPECT_EQ(alive, 3U);
  EXPECT_FALSE(images.back().expired());
}

TEST_F(Cache, OnlyRegularFiles) {
  UniqueFd directory(open("/tmp", O_RDONLY | O_DIRECTORY));
  auto image = cache_.load(directory.get(), "x");
  ASSERT_FALSE(image.ok());
  EXPECT_EQ(image.error().number(), Errno(EACCES));
}

}  // namespace
}  // namespace rawposix::loader
