// SPDX-License-Identifier: Apache-2.0
// Attempts to use up the process's descriptors.
#include "fs/counted_fd.h"

#include <functional>

#include "fs/test_tree.h"

namespace rawposix::fs {
namespace {

class DescriptorsTest : public TreeTest {
 protected:
  static constexpr uint64_t kTotal = 160;  // of which one user gets 60
  static constexpr uint64_t kMost = 60;

  void SetUp() override {
    host.directory("d");
    host.file("f");
    builder.set_limits({.descriptors = &budget_});
    build();
  }
  // How often `take` succeeds before it says ENFILE; what it takes is kept until then.
  int take_all(const std::function<Result<FileRef>()>& take) {
    std::vector<FileRef> taken;
    while (taken.size() < 1000) {
      Result<FileRef> file = take();
      if (!file.ok()) {
        EXPECT_EQ(file.error(), Errno(ENFILE));
        break;
      }
      taken.push_back(std::move(file).value());
    }
    EXPECT_LE(budget_.used(), kMost);
    return static_cast<int>(taken.size());
  }

  Budget budget_{kTotal, 8};
};

TEST_F(DescriptorsTest, WhateverHoldsThemIsCounted) {
  const uint64_t at_start = budget_.used();
  EXPECT_GE(at_start, 1U);  // the bind
  auto expect_limit = [&](const char* what, const std::function<Result<FileRef>()>& take) {
    SCOPED_TRACE(what);
    int taken = take_all(take);
    EXPECT_GT(taken, 10);
    EXPECT_LE(taken, static_cast<int>(kMost));
    EXPECT_EQ(budget_.used(), at_start) << "all given back";
  };
  expect_limit("files", [&] { return cage->open("/h/f"); });
  expect_limit("directories", [&] { return cage->open("/h/d"); });
  expect_limit("O_PATH", [&] { return cage->open("/h/f", O_PATH); });
  expect_limit("devices", [&] { return cage->open("/dev/null"); });
  expect_limit("unnamed files", [&] { return cage->open("/h", O_TMPFILE | O_RDWR); });
  expect_limit("streams", [&] {
    UniqueFd null(::open("/dev/null", O_RDONLY));
    return space->adopt_stream(null.get());
  });
  std::vector<FileRef> writers;
  expect_limit("pipes", [&]() -> Result<FileRef> {
    auto pipe = space->create_pipe(0);
    if (!pipe.ok()) {
      writers.clear();
      return pipe.error();
    }
    writers.push_back(std::move(pipe.value().writer));
    return std::move(pipe.value().reader);
  });
}

TEST_F(DescriptorsTest, NothingIsMadeThatCantBeOpened) {
  std::vector<FileRef> taken;
  for (Result<FileRef> file = cage->open("/dev/null"); file.ok(); file = cage->open("/dev/null")) {
    taken.push_back(file.value());
  }
  EXPECT_EQ(cage->error_of_open("/h/new", O_CREAT | O_RDWR), ENFILE);
  EXPECT_FALSE(host.has("new"));
  EXPECT_EQ(error_of(space->create_pipe(0)), ENFILE);
}

TEST_F(DescriptorsTest, AnotherWorldGetsItsSmallShare) {
  std::vector<std::unique_ptr<Namespace>> spaces;
  std::vector<FileRef> taken;
  for (int world = 0; world < 5; world++) {
    NamespaceBuilder greedy;
    greedy.set_limits({.descriptors = &budget_});
    spaces.push_back(std::move(greedy.build()).value());
    Cage other(*spaces.back());
    for (Result<FileRef> file = other.open("/dev/null"); file.ok();
         file = other.open("/dev/null")) {
      taken.push_back(file.value());
    }
  }
  EXPECT_EQ(cage->error_of_open("/dev/null"), 0);
  EXPECT_EQ(cage->error_of_open("/h/f"), 0);
  EXPECT_LE(budget_.used(), kTotal);
  taken.clear();
}

// The lock needs one of its own.
TEST_F(DescriptorsTest, LocksWithout) {
  FileRef file = cage->open("/h/f", O_RDWR).value();
  abi::Flock lock{F_WRLCK, SEEK_SET, 0, 0, 1, 0, 0};
  LockOwner owner{&cage->fds, 1};
  std::vector<FileRef> taken;
  while (true) {
    Result<FileRef> other = cage->open("/dev/null");
    if (!other.ok()) break;
    taken.push_back(std::move(other).value());
  }
  EXPECT_EQ(error_of(file->set_lock(owner, LockScope::kProcess, nullptr, lock)), ENOLCK);
  taken.clear();
  EXPECT_EQ(error_of(file->set_lock(owner, LockScope::kProcess, nullptr, lock)), 0);
}

}  // namespace
}  // namespace rawposix::fs
