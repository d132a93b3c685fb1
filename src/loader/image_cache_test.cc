// SPDX-License-Identifier: Apache-2.0
#include "loader/image_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "host/file.h"
#include "loader/test_elf.h"

namespace rawposix::loader {
namespace {

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
  EXPECT_EQ(content_of(after->segments()[2])[0], std::byte{77});
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

TEST_F(Cache, ManyThreadsShareIt) {
  UniqueFd file = file_of(TestElf());
  std::vector<std::shared_ptr<const Image>> images(4);
  std::vector<std::thread> threads;
  for (auto& image : images) threads.emplace_back([&] { image = load(file); });
  for (std::thread& thread : threads) thread.join();
  auto later = load(file);
  for (const auto& image : images) EXPECT_TRUE(image->same_content(*later));
}

}  // namespace
}  // namespace rawposix::loader
