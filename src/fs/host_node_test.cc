// SPDX-License-Identifier: Apache-2.0
// What cages may not do to files of the host, even if this process may.
#include "fs/host_node.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>

#include "fs/host_class.h"
#include "fs/test_tree.h"
#include "host/file.h"

namespace rawposix::fs {
namespace {

class HostNodeTest : public TreeTest {
 protected:
  mode_t mode_of(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::lstat(host.at(name).c_str(), &status), 0) << name;
    return status.st_mode & 07777;
  }
  int set_attribute(const std::string& path, const char* name) {
    return error_of(cage->find(path).value()->set_attribute(name, kValue, 0));
  }
  std::string attributes(const std::string& path) {
    std::array<std::byte, 1000> names;
    auto size = cage->find(path).value()->list_attributes(names);
    return size.ok() ? std::string(reinterpret_cast<char*>(names.data()), size.value()) : "<error>";
  }

  static constexpr std::array<std::byte, 1> kValue{std::byte{'v'}};
};

TEST_F(HostNodeTest, FilesDontGetTheRightsOfTheirOwner) {
  host.directory("d");
  host.file("old");
  ASSERT_EQ(::chmod(host.at("old").c_str(), 0644), 0);
  build();
  cage->view.set_umask(0);
  ASSERT_TRUE(cage->open("/h/new", O_CREAT | O_RDWR, 06755).ok());
  EXPECT_EQ(mode_of("new"), 0755U);
  ASSERT_TRUE(make_node_at(context(), kCwd, "/h/node", S_IFREG | 06751, 0).ok());
  EXPECT_EQ(mode_of("node"), 0751U);
  EXPECT_TRUE(cage->find("/h/old").value()->set_mode(07711).ok());
  EXPECT_EQ(mode_of("old"), 01711U);
  auto unnamed = cage->open("/h", O_TMPFILE | O_RDWR, 06700);
  ASSERT_TRUE(unnamed.ok());
  EXPECT_EQ(unnamed.value()->status().value().st_mode & 07777, 0700U);
  EXPECT_TRUE(unnamed.value()->node()->set_mode(06711).ok());
  EXPECT_EQ(unnamed.value()->status().value().st_mode & 07777, 0711U);
  // A directory's group goes to what is in it, and nothing else.
  EXPECT_TRUE(cage->find("/h/d").value()->set_mode(02755).ok());
  EXPECT_EQ(mode_of("d"), 02755U);
}

TEST_F(HostNodeTest, StreamsNeither) {
  host.file("f");
  build();
  UniqueFd file(::open(host.at("f").c_str(), O_RDWR));
  auto stream = space->adopt_stream(file.get());
  ASSERT_TRUE(stream.ok());
  EXPECT_TRUE(stream.value()->node()->set_mode(06755).ok());
  EXPECT_EQ(mode_of("f"), 0755U);
}

TEST_F(HostNodeTest, PrivilegedAttributes) {
  host.file("f");
  const std::string path = host.at("f");
  if (::setxattr(path.c_str(), "user.there", "v", 1, 0) != 0) GTEST_SKIP() << "none in /tmp";
  const bool privileged = ::setxattr(path.c_str(), "trusted.there", "v", 1, 0) == 0;
  build();
  EXPECT_EQ(set_attribute("/h/f", "user.mine"), 0);
  for (const char* name : {"trusted.mine", "trusted.there", "security.mine", "security.capability",
                           "security.selinux", "trusted.overlay.opaque"}) {
    EXPECT_EQ(set_attribute("/h/f", name), EPERM) << name;
    EXPECT_EQ(error_of(cage->find("/h/f").value()->remove_attribute(name)), EPERM) << name;
  }
  const NodeRef node = cage->find("/h/f").value();
  std::array<std::byte, 10> value;
  EXPECT_EQ(error_of(node->get_attribute("trusted.there", value)), ENODATA);
  EXPECT_EQ(node->get_attribute("user.there", value).value(), 1U);
  const std::string shown = attributes("/h/f");
  EXPECT_NE(shown.find(std::string("user.there\0", 11)), std::string::npos);
  EXPECT_NE(shown.find(std::string("user.mine\0", 10)), std::string::npos);
  EXPECT_EQ(shown.find("trusted"), std::string::npos);
  EXPECT_EQ(node->list_attributes({}).value(), shown.size());
  EXPECT_EQ(error_of(node->list_attributes(std::span(value).first(4))), ERANGE);
  // Else nothing was hidden; and it is still there.
  if (privileged) {
    EXPECT_EQ(::getxattr(path.c_str(), "trusted.there", nullptr, 0), 1);
  }
}

TEST_F(HostNodeTest, StreamsOfHugePages) {
  build();
  UniqueFd file(::memfd_create("huge", MFD_HUGETLB));
  if (!file.valid()) GTEST_SKIP() << "this host has none";
  EXPECT_EQ(error_of(space->adopt_stream(file.get())), EOPNOTSUPP);
}

// Attack: O_NONBLOCK left on a pipe or terminal that a shell goes on using.
TEST_F(HostNodeTest, FlagsOfStreamsAreTheirOwn) {
  build();
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(::grantpt(master.get()), 0);
  ASSERT_EQ(::unlockpt(master.get()), 0);
  const int terminal = ::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC);
  for (int fd : {ends[0], ends[1], terminal}) {
    ASSERT_GE(fd, 0);
    const int flags = ::fcntl(fd, F_GETFL);
    FileRef stream = space->adopt_stream(fd).value();
    EXPECT_EQ(stream->flags() & ~abi::kOpenLargeFile, flags & ~abi::kOpenLargeFile);
    ASSERT_TRUE(stream->set_flags(flags | O_NONBLOCK).ok());
    EXPECT_EQ(::fcntl(fd, F_GETFL), flags);
    EXPECT_EQ(stream->status().value().st_rdev, host::status(fd).value().st_rdev);
    EXPECT_EQ(stream->status().value().st_ino, host::status(fd).value().st_ino);
  }
  // It is the same pipe, and ends when nobody else writes.
  FileRef reader = space->adopt_stream(ends[0]).value();
  FileRef writer = space->adopt_stream(ends[1]).value();
  ::close(ends[1]);
  EXPECT_EQ(Cage::write(*writer, "text"), 4);
  writer = FileRef();
  EXPECT_EQ(Cage::read(*reader), "text");
  EXPECT_EQ(Cage::read(*reader), "");
  ::close(ends[0]);
  ::close(terminal);
}

TEST(HostClass, WhatMayBeMapped) {
  EXPECT_TRUE(is_mappable(S_IFREG, 0));
  EXPECT_TRUE(is_mappable(S_IFCHR, makedev(1, 5)));     // zero
  EXPECT_FALSE(is_mappable(S_IFCHR, makedev(1, 1)));    // mem
  EXPECT_FALSE(is_mappable(S_IFCHR, makedev(226, 0)));  // a graphics card
  EXPECT_FALSE(is_mappable(S_IFIFO, 0));
}

}  // namespace
}  // namespace rawposix::fs
