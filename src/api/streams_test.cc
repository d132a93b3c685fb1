// SPDX-License-Identifier: Apache-2.0
#include "api/streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "fs/test_tree.h"

namespace rawposix::api {
namespace {

constexpr uint64_t kPage = 4096;

class StreamsTest : public fs::TreeTest {
 protected:
  void open(const CageOptions& options) {
    build();
    Result<void, Error> opened = streams.open(options, *space, cage->fds);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
  }
  static CageOptions capturing(uint64_t limit) {
    CageOptions options;
    options.standard_input = Stream::text("some text");
    options.standard_output = Stream::capture();
    options.standard_error = Stream::null();
    options.capture_limit = limit;
    return options;
  }
  fs::FdTable::Borrowed stream(int number) { return cage->fds.try_borrow(fs::FdNum{number}); }

  Streams streams;
};

TEST_F(StreamsTest, TextAndCapture) {
  open(capturing(kPage));
  EXPECT_EQ(fs::Cage::read(*stream(0)), "some text");
  EXPECT_EQ(fs::Cage::write(*stream(0), "x"), -EBADF);
  EXPECT_EQ(fs::Cage::write(*stream(1), "one "), 4);
  EXPECT_EQ(fs::Cage::write(*stream(1), "two"), 3);
  EXPECT_EQ(streams.output(), "one two");
  EXPECT_EQ(streams.error(), "");
}

// Attacks on the memory of whoever reads what was captured.
TEST_F(StreamsTest, WhatIsCapturedIsBounded) {
  open(capturing(2 * kPage));
  const fs::FdTable::Borrowed output = stream(1);
  EXPECT_EQ(fs::error_of(output->truncate(int64_t{1} << 40)), ENOSPC);
  EXPECT_EQ(fs::error_of(output->allocate(0, 0, int64_t{1} << 40)), ENOSPC);
  char byte = 'x';
  iovec from{&byte, 1};
  EXPECT_EQ(fs::error_of(output->write_at({&from, 1}, int64_t{1} << 40, 0)), ENOSPC);
  EXPECT_EQ(fs::Cage::write(*output, std::string(3 * kPage, 'x')), static_cast<int>(2 * kPage));
  EXPECT_EQ(fs::Cage::write(*output, "x"), -ENOSPC);
  EXPECT_EQ(streams.output(), std::string(2 * kPage, 'x'));
}

}  // namespace
}  // namespace rawposix::api
