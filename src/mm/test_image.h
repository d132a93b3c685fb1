// SPDX-License-Identifier: Apache-2.0
// For tests: a small image, as the loader would map it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/memory.h"
#include "mm/address_space.h"

namespace rawposix::mm {

class TestImage {
 public:
  static constexpr uint64_t kConstants = sfi::kImageStart;
  static constexpr uint64_t kText = kConstants + sfi::kPageSize;
  static constexpr uint64_t kData = kText + sfi::kPageSize;
  static constexpr uint64_t kZeroes = kData + sfi::kPageSize;
  static constexpr uint64_t kEnd = kZeroes + 2 * sfi::kPageSize;
  static constexpr uint8_t kConstantByte = 0xC0;
  static constexpr uint8_t kTextByte = 0xCC;
  static constexpr uint8_t kDataByte = 0xDA;

  TestImage() {
    auto file = host::create_memory_file("image", 3 * sfi::kPageSize);
    EXPECT_TRUE(file.ok());
    int page = 0;
    for (uint8_t byte : {kConstantByte, kTextByte, kDataByte}) {
      std::vector<uint8_t> content(sfi::kPageSize, byte);
      off_t offset = static_cast<off_t>(page++ * sfi::kPageSize);
      EXPECT_EQ(pwrite(file.value().get(), content.data(), content.size(), offset),
                static_cast<ssize_t>(content.size()));
    }
    EXPECT_TRUE(host::seal_content(file.value().get()).ok());
    // Linux maps a sealed file shared only through a descriptor that can't write, before 6.7.
    std::string path = "/proc/self/fd/" + std::to_string(file.value().get());
    fd_ = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    auto mapped = std::make_shared<MappedFile>();
    mapped->host_fd = fd_.get();
    file_ = std::move(mapped);
  }

  const MappedFile* file() const { return file_.get(); }

  std::unique_ptr<AddressSpace> start(WarmSlots& slots, const MemoryLimits& limits) const {
    auto made = AddressSpace::create(slots, file_.get(), limits);
    EXPECT_TRUE(made.ok());
    std::unique_ptr<AddressSpace> space = std::move(made).value();
    constexpr int kRights[] = {PROT_READ, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE};
    for (uint64_t page = 0; page < 3; ++page) {
      ImageSegment segment;
      segment.start = kConstants + page * sfi::kPageSize;
      segment.file_end = segment.start + sfi::kPageSize;
      segment.end = segment.file_end;
      if (segment.end == kZeroes) segment.end = kEnd;
      segment.protection = kRights[page];
      segment.file = file_;
      segment.file_offset = page * sfi::kPageSize;
      EXPECT_TRUE(space->map_image_segment(segment).ok());
    }
    auto filled =
        space->guest_memory().fill(GuestAddr{kData}, std::byte{kDataByte}, sfi::kPageSize);
    EXPECT_TRUE(filled.ok());
    space->start_heap(kEnd);
    EXPECT_TRUE(space->map_stack().ok());
    EXPECT_TRUE(space->finish_loading().ok());
    return space;
  }

 private:
  UniqueFd fd_;
  std::shared_ptr<const MappedFile> file_;
};

}  // namespace rawposix::mm
