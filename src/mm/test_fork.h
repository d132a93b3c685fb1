// SPDX-License-Identifier: Apache-2.0
// For tests of fork() and of what slots keep: a program that forks.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/memory.h"
#include "mm/test_image.h"
#include "sfi/fault.h"
#include "sfi/safe_copy.h"

namespace rawposix::mm {

inline constexpr uint64_t kPage = sfi::kPageSize;
inline constexpr uint64_t kMebibyte = 1024 * 1024;
inline constexpr int kReadWrite = PROT_READ | PROT_WRITE;
inline constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
inline constexpr uint64_t kAt = 0x40000000;

using Space = std::unique_ptr<AddressSpace>;

// Since tests look at every page.
inline constexpr MemoryLimits kSmallStack{.stack = 256 * 1024};

class ForkTest : public testing::TestWithParam<host::PageMapMethod> {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(sfi::install_fault_handlers().ok()); }
  void SetUp() override { parent_ = start(); }

  Space start(const MemoryLimits& limits = kSmallStack) { return image_.start(slots_, limits); }
  static Space fork(AddressSpace& space) {
    auto child = space.fork(GetParam());
    EXPECT_TRUE(child.ok()) << error_of(child);
    return child.ok() ? std::move(child).value() : nullptr;
  }
  Space fork() { return fork(*parent_); }

  template <class T>
  static int error_of(const Result<T>& result) {
    return result.ok() ? 0 : result.error().number();
  }
  static void map(AddressSpace& space, uint64_t at, uint64_t pages, int protection = kReadWrite,
                  int flags = kAnonymous, std::optional<FileSource> source = {}) {
    auto mapped = space.mmap(
        {GuestAddr{at}, pages * kPage, protection, flags | MAP_FIXED, std::move(source), 0});
    ASSERT_TRUE(mapped.ok()) << error_of(mapped);
  }
  static bool poke(AddressSpace& space, uint64_t at, int value) {
    return space.guest_memory().fill(GuestAddr{at}, std::byte(value), 1).ok();
  }
  static int peek(AddressSpace& space, uint64_t at) {
    uint8_t value = 0;
    return space.guest_memory().copy_in(&value, GuestAddr{at}, 1).ok() ? value : -1;
  }
  static int protect(AddressSpace& space, uint64_t at, uint64_t pages, int protection) {
    return error_of(space.mprotect(GuestAddr{at}, pages * kPage, protection));
  }
  static int advise(AddressSpace& space, uint64_t at, uint64_t pages, int advice) {
    return error_of(space.madvise(GuestAddr{at}, pages * kPage, advice));
  }
  // A file whose pages begin with 'a', 'b' and so on.
  FileSource file(uint64_t pages) {
    auto memory = host::create_memory_file("test", pages * kPage);
    EXPECT_TRUE(memory.ok());
    fd_ = std::move(memory).value();
    for (uint64_t page = 0; page < pages; ++page) write_file(page, static_cast<char>('a' + page));
    auto mapped = std::make_shared<MappedFile>();
    mapped->host_fd = fd_.get();
    return {mapped, kReadWrite};
  }
  void write_file(uint64_t page, char value) {
    EXPECT_EQ(pwrite(fd_.get(), &value, 1, static_cast<off_t>(page * kPage)), 1);
  }
  // Page by page of what is mapped: the bytes, or that they can't be read.
  static std::vector<std::byte> everything(AddressSpace& space) {
    std::vector<std::byte> all;
    std::vector<std::byte> page(kPage);
    for (const Vma& vma : space.mappings()) {
      for (uint64_t at = vma.start; at < vma.end; at += kPage) {
        bool readable = sfi_safe_copy(page.data(), space.base() + at, kPage) == 0;
        all.push_back(std::byte{readable});
        if (readable) all.insert(all.end(), page.begin(), page.end());
      }
    }
    return all;
  }
  static std::vector<uint8_t> resident(AddressSpace& space) {
    std::vector<uint8_t> all;
    for (const Vma& vma : space.mappings()) {
      std::vector<uint8_t> pages(vma.size() / kPage);
      EXPECT_EQ(mincore(space.base() + vma.start, vma.size(), pages.data()), 0);
      for (uint8_t page : pages) all.push_back(page & 1);
    }
    return all;
  }
  // Whether the host's mapping at `address` has a flag (Documentation/filesystems/proc.rst,
  // VmFlags).
  static bool has_host_flag(const std::byte* address, const char* flag) {
    std::ifstream file("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(file, line);) {
      uint64_t start = 0;
      uint64_t end = 0;
      const auto at = std::bit_cast<uint64_t>(address);
      if (sscanf(line.c_str(), "%lx-%lx ", &start, &end) == 2) here = start <= at && at < end;
      if (here && line.starts_with("VmFlags:")) return line.find(flag) != std::string::npos;
    }
    ADD_FAILURE() << "not mapped";
    return false;
  }
  static void scribble(AddressSpace& space) {
    for (const Vma& vma : space.mappings()) {
      if (!vma.writable()) continue;
      uint64_t size = std::min(vma.size(), kMebibyte);
      ASSERT_TRUE(space.guest_memory().fill(GuestAddr{vma.start}, std::byte{0x5A}, size).ok());
      ASSERT_TRUE(space.guest_memory().fill(GuestAddr{vma.end - size}, std::byte{0x5A}, size).ok());
    }
  }

  UniqueFd fd_;
  TestImage image_;
  sfi::SlotArena arena_;
  WarmSlots slots_{arena_};
  Space parent_;
};

inline std::string method_name(const testing::TestParamInfo<host::PageMapMethod>& test) {
  return test.param == host::PageMapMethod::kBest ? "Scan" : "Read";
}

}  // namespace rawposix::mm
