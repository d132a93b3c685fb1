// SPDX-License-Identifier: Apache-2.0
#include "loader/elf_file.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "loader/test_elf.h"

namespace rawposix::loader {
namespace {

LoadResult<ElfFile> read(const std::vector<std::byte>& bytes) {
  MemorySource source(bytes);
  return read_elf(source);
}

void expect_fault(const TestElf& elf, LoadFault fault) {
  auto result = read(elf.build());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().fault(), fault) << result.error().message();
  EXPECT_EQ(result.error().number(), Errno(ENOEXEC));
}

TEST(ElfFile, ReadsAGoodProgram) {
  auto result = read(TestElf().build());
  ASSERT_TRUE(result.ok()) << result.error().message();
  const ElfFile& elf = result.value();
  EXPECT_EQ(elf.entry, TestElf::kText + 32);
  EXPECT_EQ(elf.headers_address, TestElf::kBase + sizeof(Elf64_Ehdr));
  EXPECT_EQ(elf.header_count, 4U);
  ASSERT_EQ(elf.segments.size(), 3U);
  EXPECT_EQ(elf.text, 1U);
  EXPECT_EQ(elf.segments[1].protection, PROT_READ | PROT_EXEC);
  EXPECT_EQ(elf.segments[2].memory_size, 3 * TestElf::kPage);
  EXPECT_EQ(elf.segments[2].end_page(), TestElf::kData + 3 * TestElf::kPage);
}

TEST(ElfFile, SegmentsInAnyOrderAreSorted) {
  TestElf elf;
  std::swap(elf.segments[0], elf.segments[2]);
  auto result = read(elf.build());
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value().segments[0].address, TestElf::kBase);
  EXPECT_EQ(result.value().text, 1U);
}

TEST(ElfFile, NotElf) {
  for (const char* text :
       {"", "\x7f", "#!/bin/sh\n", "hello, this is a text that goes on and on"}) {
    std::vector<std::byte> bytes(strlen(text));
    if (!bytes.empty()) memcpy(bytes.data(), text, bytes.size());
    auto result = read(bytes);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().fault(), LoadFault::kNotElf);
  }
}

TEST(ElfFile, TruncatedAnywhere) {
  std::vector<std::byte> whole = TestElf().build();
  for (size_t size = 4; size < whole.size(); size += size < 400 ? 1 : 97) {
    auto result = read(std::vector<std::byte>(whole.begin(), whole.begin() + size));
    ASSERT_FALSE(result.ok()) << size;
    EXPECT_EQ(result.error().fault(), LoadFault::kTruncated) << size;
  }
}

TEST(ElfFile, OtherMachinesAndKinds) {
  TestElf elf;
  elf.header.e_machine = EM_AARCH64;
  expect_fault(elf, LoadFault::kWrongMachine);
  elf = TestElf();
  elf.header.e_ident[EI_CLASS] = ELFCLASS32;
  expect_fault(elf, LoadFault::kWrongMachine);
  elf = TestElf();
  elf.header.e_type = ET_REL;
  expect_fault(elf, LoadFault::kNotExecutable);
  elf = TestElf();
  elf.header.e_type = ET_DYN;
  expect_fault(elf, LoadFault::kPositionIndependent);
  elf.segments.push_back(elf.note_segment());
  elf.segments.back().p_type = PT_INTERP;
  expect_fault(elf, LoadFault::kDynamic);
}

TEST(ElfFile, TheNoteDecides) {
  TestElf elf;
  elf.note_name = "GNU12345";
  expect_fault(elf, LoadFault::kNotForCages);
  elf = TestElf();
  elf.note_type = 2;
  expect_fault(elf, LoadFault::kNotForCages);
  elf = TestElf();
  elf.segments.pop_back();
  expect_fault(elf, LoadFault::kNotForCages);
  elf = TestElf();
  elf.abi_version = 2;
  expect_fault(elf, LoadFault::kWrongVersion);
  elf = TestElf();
  elf.segments[3].p_filesz = 27;
  expect_fault(elf, LoadFault::kNotForCages);
}

TEST(ElfFile, BadHeaders) {
  TestElf elf;
  elf.header.e_phentsize = 55;
  expect_fault(elf, LoadFault::kBadHeaders);
  elf = TestElf();
  elf.segments.clear();
  expect_fault(elf, LoadFault::kBadHeaders);
  elf = TestElf();
  elf.header.e_phoff = UINT64_MAX - 8;
  expect_fault(elf, LoadFault::kTruncated);
  elf = TestElf();
  elf.segments[2].p_filesz = 4 * TestElf::kPage;
  expect_fault(elf, LoadFault::kBadHeaders);
  // The headers aren't loaded.
  elf = TestElf();
  elf.segments[0].p_offset = 500;
  elf.segments[0].p_filesz = 100;
  expect_fault(elf, LoadFault::kBadHeaders);
}

// Attacks: segments that would leave the image's range, wrap around, or cover each other.
TEST(ElfFile, SegmentsOutOfRange) {
  for (uint64_t address : {uint64_t{0}, uint64_t{0x10000}, uint64_t{0xFFFFF}, uint64_t{0x7FFFF000},
                           uint64_t{0x80000000}, uint64_t{0x100000000}, UINT64_MAX - 0xFFF}) {
    TestElf elf;
    elf.segments[2].p_vaddr = address;
    expect_fault(elf, LoadFault::kSegmentOutOfRange);
  }
  for (uint64_t size : {uint64_t{1} << 31, uint64_t{1} << 32, uint64_t{UINT64_MAX}}) {
    TestElf elf;
    elf.segments[2].p_memsz = size;
    expect_fault(elf, LoadFault::kSegmentOutOfRange);
  }
  TestElf elf;
  elf.segments[2].p_offset = UINT64_MAX - 10;
  expect_fault(elf, LoadFault::kTruncated);
}

// Attack: a sparse file.
TEST(ElfFile, TooLarge) {
  class Sparse final : public ByteSource {
   public:
    explicit Sparse(std::vector<std::byte> head) : head_(std::move(head)) {}
    uint64_t size() const override { return uint64_t{1} << 40; }
    Result<> read(uint64_t offset, std::span<std::byte> to) override {
      return MemorySource(head_).read(offset, to);
    }

   private:
    std::vector<std::byte> head_;
  };
  auto load = [](uint64_t text, uint64_t data) {
    TestElf elf;
    elf.segments[1].p_filesz = elf.segments[1].p_memsz = text;
    elf.segments[2].p_vaddr = TestElf::kBase + (uint64_t{1} << 30);
    elf.segments[2].p_filesz = elf.segments[2].p_memsz = data;
    Sparse source(elf.build());
    return read_elf(source);
  };
  constexpr uint64_t kMebibyte = uint64_t{1} << 20;
  EXPECT_TRUE(load(256 * kMebibyte, 255 * kMebibyte).ok());
  EXPECT_EQ(load(257 * kMebibyte, 1).error().fault(), LoadFault::kTooLarge);
  EXPECT_EQ(load(1 * kMebibyte, 600 * kMebibyte).error().fault(), LoadFault::kTooLarge);
}

TEST(ElfFile, SegmentsOverlap) {
  TestElf elf;
  elf.segments[2].p_vaddr = TestElf::kText + 100;  // shares the text's page
  expect_fault(elf, LoadFault::kSegmentsOverlap);
  elf = TestElf();
  elf.segments[0].p_memsz = 5 * TestElf::kPage;
  expect_fault(elf, LoadFault::kSegmentsOverlap);
}

TEST(ElfFile, CodeSegments) {
  TestElf elf;
  elf.segments[1].p_flags |= PF_W;
  expect_fault(elf, LoadFault::kWritableCode);
  elf = TestElf();
  elf.segments[0].p_flags |= PF_X;
  expect_fault(elf, LoadFault::kCodeSegments);
  elf = TestElf();
  elf.segments[1].p_flags = PF_R;
  expect_fault(elf, LoadFault::kCodeSegments);
  elf = TestElf();
  elf.segments[1].p_vaddr += 64;
  expect_fault(elf, LoadFault::kCodeSegments);
  elf = TestElf();
  elf.segments[1].p_memsz += 1;
  expect_fault(elf, LoadFault::kCodeSegments);
}

TEST(ElfFile, TheEntryLiesInTheText) {
  for (uint64_t entry : {uint64_t{0}, TestElf::kText - 1, TestElf::kText + 64, TestElf::kData,
                         uint64_t{UINT64_MAX}}) {
    TestElf elf;
    elf.header.e_entry = entry;
    expect_fault(elf, LoadFault::kBadEntry);
  }
}

TEST(ElfFile, MessagesSayWhatToDo) {
  TestElf elf;
  elf.note_name = "x";
  auto result = read(elf.build());
  EXPECT_EQ(result.error().message(),
            "not built for cages; compile it with x86_64-cage-linux-musl-gcc, with its start "
            "files");
}

// Attack: a file that shrinks or changes its size while it is read.
TEST(ElfFile, ReadErrorsKeepTheirReason) {
  class Failing final : public ByteSource {
   public:
    uint64_t size() const override { return 1 << 20; }
    Result<> read(uint64_t, std::span<std::byte>) override { return Errno(EIO); }
  };
  Failing source;
  auto result = read_elf(source);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().fault(), LoadFault::kUnreadable);
  EXPECT_EQ(result.error().number(), Errno(EIO));
}

}  // namespace
}  // namespace rawposix::loader
