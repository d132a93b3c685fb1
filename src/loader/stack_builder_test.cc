// SPDX-License-Identifier: Apache-2.0
#include "loader/stack_builder.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "sfi/layout.h"

namespace rawposix::loader {
namespace {

constexpr ImageInfo kImage{.entry = 0x101000, .headers_address = 0x100040, .header_count = 4};

// Reads a stack as a program's start code does.
class Reader {
 public:
  explicit Reader(const InitialStack& stack) : stack_(stack) {
    uint64_t at = stack.pointer;
    count_ = word(at);
    arguments_ = strings(at + 8);
    environment_ = strings(at + 8 + (count_ + 1) * 8);
    at += 8 + (count_ + 1 + environment_.size() + 1) * 8;
    for (; word(at) != AT_NULL; at += 16) aux_[word(at)] = word(at + 8);
  }

  uint64_t word(uint64_t address) const {
    uint64_t value;
    memcpy(&value, bytes(address), sizeof value);
    return value;
  }
  std::string text(uint64_t address) const { return static_cast<const char*>(bytes(address)); }
  const void* bytes(uint64_t address) const {
    EXPECT_GE(address, stack_.pointer);
    EXPECT_LT(address, sfi::kStackTop);
    return stack_.bytes.data() + (address - stack_.pointer);
  }

  uint64_t count_ = 0;
  std::vector<std::string> arguments_;
  std::vector<std::string> environment_;
  std::map<uint64_t, uint64_t> aux_;

 private:
  std::vector<std::string> strings(uint64_t at) const {
    std::vector<std::string> all;
    for (; word(at) != 0; at += 8) all.push_back(text(word(at)));
    return all;
  }
  const InitialStack& stack_;
};

StartInfo start_with(std::vector<std::string> arguments, std::vector<std::string> environment) {
  StartInfo start;
  start.arguments = std::move(arguments);
  start.environment = std::move(environment);
  start.path = "/bin/program";
  start.uid = 1000;
  start.egid = 7;
  for (size_t i = 0; i < start.random.size(); ++i) start.random[i] = static_cast<std::byte>(i + 9);
  return start;
}

TEST(StackBuilder, CarriesEverything) {
  for (size_t extra = 0; extra < 17; ++extra) {
    StartInfo start = start_with({"program", "-x", std::string(extra, 'a')}, {"A=1", "PATH=/bin"});
    auto built = build_stack(start, kImage);
    ASSERT_TRUE(built.ok());
    const InitialStack& stack = built.value();
    EXPECT_EQ(stack.pointer % 16, 0U);
    EXPECT_EQ(stack.pointer + stack.bytes.size(), sfi::kStackTop);

    Reader reader(stack);
    EXPECT_EQ(reader.count_, 3U);
    EXPECT_EQ(reader.arguments_, start.arguments);
    EXPECT_EQ(reader.environment_, start.environment);
    EXPECT_EQ(reader.aux_[AT_PHDR], kImage.headers_address);
    EXPECT_EQ(reader.aux_[AT_PHENT], sizeof(Elf64_Phdr));
    EXPECT_EQ(reader.aux_[AT_PHNUM], 4U);
    EXPECT_EQ(reader.aux_[AT_PAGESZ], 4096U);
    EXPECT_EQ(reader.aux_[AT_ENTRY], kImage.entry);
    EXPECT_EQ(reader.aux_[AT_UID], 1000U);
    EXPECT_EQ(reader.aux_[AT_EGID], 7U);
    EXPECT_EQ(reader.aux_[AT_CLKTCK], 100U);
    EXPECT_EQ(reader.text(reader.aux_[AT_EXECFN]), "/bin/program");
    EXPECT_EQ(reader.text(reader.aux_[AT_PLATFORM]), "x86_64");
    EXPECT_EQ(memcmp(reader.bytes(reader.aux_[AT_RANDOM]), start.random.data(), 16), 0);
    EXPECT_FALSE(reader.aux_.contains(AT_SYSINFO_EHDR));
    EXPECT_EQ(reader.word(sfi::kStackTop - 8), 0U);
  }
}

TEST(StackBuilder, StringsAscendAsOnLinux) {
  StartInfo start = start_with({"a", "b"}, {"C=", "D="});
  auto built = build_stack(start, kImage);
  ASSERT_TRUE(built.ok());
  uint64_t path = Reader(built.value()).aux_[AT_EXECFN];
  EXPECT_EQ(path + start.path.size() + 1, sfi::kStackTop - 8);
  const auto* text = static_cast<const char*>(Reader(built.value()).bytes(path - 10));
  EXPECT_EQ(memcmp(text, "a\0b\0C=\0D=\0", 10), 0);
}

TEST(StackBuilder, NoArgumentsBecomeOneEmptyString) {
  auto built = build_stack(start_with({}, {}), kImage);
  ASSERT_TRUE(built.ok());
  Reader reader(built.value());
  EXPECT_EQ(reader.count_, 1U);
  EXPECT_EQ(reader.arguments_, std::vector<std::string>{""});
}

// execve(2), "Limits on size of arguments and environment".
TEST(StackBuilder, Limits) {
  constexpr size_t kMaxString = 128 * 1024;
  auto error_of = [](const StartInfo& start) {
    auto built = build_stack(start, kImage);
    return built.ok() ? 0 : built.error().number();
  };
  EXPECT_EQ(error_of(start_with({std::string(kMaxString - 1, 'x')}, {})), 0);
  EXPECT_EQ(error_of(start_with({std::string(kMaxString, 'x')}, {})), E2BIG);
  EXPECT_EQ(error_of(start_with({"a"}, {std::string(kMaxString, 'x')})), E2BIG);

  std::string chunk(64 * 1024 - 1, 'x');
  EXPECT_EQ(error_of(start_with(std::vector<std::string>(31, chunk), {})), 0);
  EXPECT_EQ(error_of(start_with(std::vector<std::string>(32, chunk), {})), E2BIG);
  EXPECT_EQ(error_of(start_with(std::vector<std::string>(16, chunk),
                                std::vector<std::string>(16, chunk))),
            E2BIG);
  // Pointers count as well: 8 + 2 bytes each.
  EXPECT_EQ(error_of(start_with(std::vector<std::string>(209000, "x"), {})), 0);
  EXPECT_EQ(error_of(start_with(std::vector<std::string>(210000, "x"), {})), E2BIG);

  StartInfo small = start_with({std::string(100 * 1024, 'x')}, {});
  small.stack_limit = 4096;  // 128 KiB in any case
  EXPECT_EQ(error_of(small), 0);
  small.arguments.emplace_back(40 * 1024, 'x');
  EXPECT_EQ(error_of(small), E2BIG);
  StartInfo large = start_with(std::vector<std::string>(95, chunk), {});
  large.stack_limit = UINT64_MAX;  // 6 MiB at most
  EXPECT_EQ(error_of(large), 0);
  large.arguments.push_back(chunk);
  EXPECT_EQ(error_of(large), E2BIG);
}

}  // namespace
}  // namespace rawposix::loader
