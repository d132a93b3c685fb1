// SPDX-License-Identifier: Apache-2.0
// Resolution, and attempts to get out of what was given.
#include "fs/walk.h"

#include <linux/fs.h>
#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "fs/test_tree.h"

namespace rawposix::fs {
namespace {

// The scratch directory holds `in`, bound at /h, and a secret beside it.
class WalkTest : public testing::Test {
 protected:
  void SetUp() override {
    host.directory("in/a/b");
    host.directory("outside");
    host.file("secret", "SECRET");
    host.file("outside/secret", "SECRET");
    host.file("in/a/b/f", "deep");
    host.file("in/top", "top");
  }
  void build() {
    builder.add_bind({host.at("in"), "/h", MountAccess::kReadWrite});
    auto built = builder.build();
    ASSERT_TRUE(built.ok()) << built.error();
    space = std::move(built).value();
    cage = std::make_unique<Cage>(*space);
  }
  std::string cwd() {
    auto path = space->path_of(*cage->view.working_directory());
    return path.ok() ? path.value() : path.error().name();
  }
  void enter(const std::string& path) {
    NodeRef node = cage->find(path).value();
    ASSERT_TRUE(change_directory(cage->view, node).ok());
  }

  Scratch host;
  NamespaceBuilder builder;
  std::unique_ptr<Namespace> space;
  std::unique_ptr<Cage> cage;
};

TEST_F(WalkTest, DotDotStaysInside) {
  build();
  EXPECT_EQ(cage->read("/h/../h/top"), "top");
  EXPECT_EQ(cage->read("/h/a/b/../../top"), "top");
  EXPECT_EQ(cage->read("/h/../secret"), "<ENOENT>");
  EXPECT_EQ(cage->read("/h/a/../../secret"), "<ENOENT>");
  EXPECT_EQ(cage->read("/../../../../../../h/top"), "top");
  EXPECT_EQ(cage->read("/../../../../../../" + host.at("secret")), "<ENOENT>");
  enter("/h/a/b");
  EXPECT_EQ(cwd(), "/h/a/b");
  EXPECT_EQ(cage->read("f"), "deep");
  EXPECT_EQ(cage->read("../../top"), "top");
  EXPECT_EQ(cage->read("../../../secret"), "<ENOENT>");
  EXPECT_EQ(cage->read("../../../h/top"), "top");
  enter("..");
  EXPECT_EQ(cwd(), "/h/a");
  enter("../..");
  EXPECT_EQ(cwd(), "/");
}

TEST_F(WalkTest, LinksLeadToTheCagesOwnTree) {
  host.link(host.at("secret"), "in/absolute");
  host.link("../secret", "in/relative");
  host.link("../../../../../../../../etc/passwd", "in/far");
  host.link("/tmp/x", "in/to-tmp");
  host.link("/", "in/root");
  host.link("..", "in/up");
  host.link("a/b", "in/ab");
  build();
  EXPECT_EQ(cage->read("/h/absolute"), "<ENOENT>");
  EXPECT_EQ(cage->read("/h/relative"), "<ENOENT>");
  EXPECT_EQ(cage->read("/h/far"), "<ENOENT>");
  EXPECT_EQ(cage->write("/tmp/x", "cage's own"), 10);
  EXPECT_EQ(cage->read("/h/to-tmp"), "cage's own");
  EXPECT_EQ(cage->read("/h/root/h/top"), "top");
  EXPECT_EQ(cage->read("/h/up/h/ab/f"), "deep");
  EXPECT_EQ(cage->read("/h/up/secret"), "<ENOENT>");
  EXPECT_EQ(cage->read("/h/ab/../../top"), "top");
  // Made through the link, but in the cage.
  EXPECT_EQ(cage->write("/h/relative", "mine"), 4);
  EXPECT_EQ(host.read("secret"), "SECRET");
  EXPECT_EQ(cage->read("/secret"), "mine");
}

TEST_F(WalkTest, ABindOverALinkHidesIt) {
  host.link(host.at("outside"), "in/mount");
  host.directory("other");
  host.file("other/f", "bound");
  builder.add_bind({host.at("in"), "/h", MountAccess::kReadWrite});
  builder.add_bind({host.at("other"), "/h/mount", MountAccess::kReadWrite});
  space = std::move(builder.build()).value();
  cage = std::make_unique<Cage>(*space);
  EXPECT_EQ(cage->read("/h/mount/f"), "bound");
  EXPECT_EQ(cage->read("/h/mount/secret"), "<ENOENT>");
  EXPECT_EQ(cage->read("/h/mount/../top"), "top");
  enter("/h/mount");
  EXPECT_EQ(cwd(), "/h/mount");
  EXPECT_EQ(cage->read("../../h/top"), "top");
}

TEST_F(WalkTest, AMovedDirectoryHasNoWayUp) {
  build();
  enter("/h/a/b");
  FileRef directory = cage->open(".", O_DIRECTORY).value();
  FdNum fd{cage->number_of(directory)};
  // The host moves it out of the bind, where its parent holds the secret.
  std::filesystem::rename(host.at("in/a/b"), host.at("outside/b"));
  EXPECT_EQ(cage->read("f"), "deep");
  EXPECT_EQ(cage->read("../secret"), "<ENOENT>");
  EXPECT_EQ(cage->read("../../secret"), "<ENOENT>");
  EXPECT_EQ(error_of(open_at(cage->context(), fd, "../secret", O_RDONLY, 0)), ENOENT);
  EXPECT_EQ(error_of(open_at(cage->context(), fd, "../..", O_PATH, 0)), ENOENT);
  EXPECT_EQ(error_of(remove_at(cage->context(), fd, "../secret", RemoveKind::kFile)), ENOENT);
  EXPECT_EQ(cwd(), "(unreachable)/");
  EXPECT_TRUE(host.has("outside/secret"));
  std::filesystem::rename(host.at("outside/b"), host.at("in/back"));
  EXPECT_EQ(cwd(), "/h/back");
  EXPECT_EQ(cage->read("../top"), "top");
  std::filesystem::remove_all(host.at("in/back"));
  EXPECT_EQ(cwd(), "ENOENT");
}

TEST_F(WalkTest, ProcAndDevicesAreRefusedByType) {
  builder.add_bind({"/", "/host", MountAccess::kReadWrite});
  auto built = builder.build();
  ASSERT_TRUE(built.ok()) << built.error();
  space = std::move(built).value();
  cage = std::make_unique<Cage>(*space);
  for (const char* path :
       {"/host/proc", "/host/proc/self", "/host/proc/self/mem", "/host/proc/self/root/etc",
        "/host/proc/self/cwd", "/host/proc/self/fd/0", "/host/proc/1/maps", "/host/sys",
        "/host/sys/kernel", "/host/sys/fs/cgroup/unified", "/host/sys/fs/cgroup/memory",
        "/host/dev/pts"}) {
    if (!std::filesystem::exists(std::string(path).substr(5))) continue;
    EXPECT_EQ(cage->error_of_open(path), EACCES) << path;
    EXPECT_EQ(cage->error_of_open(path, O_PATH), EACCES) << path;
  }
  // Another name for it changes nothing.
  ::symlink("/host/proc/self/mem", host.at("in/mem").c_str());
  EXPECT_EQ(cage->error_of_open("/host" + host.at("in/mem")), EACCES);
  enter("/host");
  EXPECT_EQ(cage->error_of_open("proc/version"), EACCES);
  for (const char* name : {"mem", "kmsg", "port", "vda", "sda", "ptmx", "fuse", "loop-control"}) {
    std::string path = std::string("/dev/") + name;
    if (!std::filesystem::exists(path)) continue;
    EXPECT_EQ(cage->error_of_open("/host" + path), EACCES) << path;
    EXPECT_TRUE(cage->find("/host" + path).ok()) << path;  // but may be looked at
  }
  EXPECT_EQ(cage->error_of_open("/host/dev/null"), 0);
}

TEST_F(WalkTest, NoDevicesAreMade) {
  build();
  EXPECT_EQ(error_of(make_node_at(cage->context(), kCwd, "/h/dev", S_IFCHR | 0666, 0x103)), EPERM);
  EXPECT_EQ(error_of(make_node_at(cage->context(), kCwd, "/h/dev", S_IFBLK | 0666, 0x700)), EPERM);
  EXPECT_FALSE(host.has("in/dev"));
}

TEST_F(WalkTest, ADirectoryAsStandardStreamIsNoWayIn) {
  build();
  int fd = ::open(host.path().c_str(), O_RDONLY | O_DIRECTORY);
  FileRef stream = space->adopt_stream(fd).value();
  ::close(fd);
  FdNum number{cage->number_of(stream)};
  EXPECT_EQ(error_of(open_at(cage->context(), number, "secret", O_RDONLY, 0)), EACCES);
  EXPECT_EQ(error_of(open_at(cage->context(), number, "..", O_PATH, 0)), EACCES);
  EXPECT_EQ(error_of(remove_at(cage->context(), number, "secret", RemoveKind::kFile)), EACCES);
  EXPECT_EQ(error_of(change_directory(cage->view, stream->node())), EACCES);
  FileRef again = cage->open_again(stream).value();
  FdNum second{cage->number_of(again)};
  EXPECT_EQ(error_of(open_at(cage->context(), second, "secret", O_RDONLY, 0)), EACCES);
}

TEST_F(WalkTest, AStreamIsReopenedWithNoMoreRights) {
  build();
  int fd = ::open(host.at("secret").c_str(), O_RDONLY);
  FileRef stream = space->adopt_stream(fd).value();
  int number = cage->number_of(stream);
  ::close(fd);
  EXPECT_EQ(cage->read(*cage->open_again(stream).value()), "SECRET");
  EXPECT_EQ(cage->error_of_open_again(stream, O_RDWR), EACCES);
  EXPECT_EQ(cage->error_of_open_again(stream, O_WRONLY), EACCES);
  EXPECT_EQ(cage->error_of_open_again(stream, O_TRUNC), EACCES);
  EXPECT_EQ(
      error_of(make_link_at(cage->context(), FdNum{number}, "", kCwd, "/h/secret", AT_EMPTY_PATH)),
      EXDEV);
  NodeRef node = node_behind(stream, space->root_mount()).value();
  EXPECT_EQ(error_of(check_writable(*node)), EROFS);
  EXPECT_EQ(host.read("secret"), "SECRET");
}

// What one thread does to the tree while the cage's own calls go on.
class RaceTest : public WalkTest {
 protected:
  static constexpr int kRounds = 3000;

  template <class Attack, class Look>
  void race(Attack attack, Look look) {
    std::atomic<bool> stop{false};
    std::thread attacker([&] {
      while (!stop) attack();
    });
    for (int round = 0; round < kRounds; round++) look();
    stop = true;
    attacker.join();
  }
  static void exchange(const std::string& one, const std::string& other) {
    ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
  }
};

TEST_F(RaceTest, ADirectorySwappedWithALink) {
  host.directory("in/swap");
  host.file("in/swap/secret", "harmless");
  host.link(host.at("outside"), "in/link");
  build();
  int seen = 0;
  race([&] { exchange(host.at("in/swap"), host.at("in/link")); },
       [&] {
         std::string text = cage->read("/h/swap/secret");
         ASSERT_NE(text, "SECRET");
         seen += text == "harmless" ? 1 : 0;
         ASSERT_NE(cage->read("/h/a/../swap/secret"), "SECRET");
       });
  EXPECT_GT(seen, 0);
}

TEST_F(RaceTest, AFileSwappedWithALinkWhileCreating) {
  host.link(host.at("outside/new"), "in/l");
  host.file("in/x", "");
  build();
  race([&] { exchange(host.at("in/x"), host.at("in/l")); },
       [&] { static_cast<void>(cage->write("/h/x", "written")); });
  EXPECT_FALSE(host.has("outside/new"));
}

// chroot's classic: a directory that is moved up while ".." is walked below it.
TEST_F(RaceTest, ADirectoryMovedOutWhileGoingUp) {
  host.directory("in/d1/d2/d3/d4");
  build();
  int inside = 0;
  race(
      [&] {
        std::filesystem::rename(host.at("in/d1/d2/d3"), host.at("outside/d3"));
        std::filesystem::rename(host.at("outside/d3"), host.at("in/d1/d2/d3"));
      },
      [&] {
        ASSERT_NE(cage->read("/h/d1/d2/d3/d4/../../secret"), "SECRET");
        ASSERT_NE(cage->read("/h/d1/d2/d3/../secret"), "SECRET");
        Result<NodeRef> held = cage->find("/h/d1/d2/d3/d4");
        if (!held.ok() || !change_directory(cage->view, held.value()).ok()) return;
        for (const char* path : {"../../secret", "../../../secret", "../../../../secret"}) {
          ASSERT_NE(cage->read(path), "SECRET");
        }
        inside += cage->read("../../../../top") == "top" ? 1 : 0;
      });
  EXPECT_GT(inside, 0);
}

TEST_F(RaceTest, TheGuestsOwnRenames) {
  host.directory("in/p/q/r");
  build();
  Cage other(*space);
  race(
      [&] {
        static_cast<void>(rename_at(other.context(), kCwd, "/h/p/q/r", kCwd, "/h/r", 0));
        static_cast<void>(rename_at(other.context(), kCwd, "/h/r", kCwd, "/h/p/q/r", 0));
      },
      [&] {
        Result<NodeRef> held = cage->find("/h/p/q/r");
        if (!held.ok()) return;
        ASSERT_TRUE(change_directory(cage->view, held.value()).ok());
        for (const char* path : {"../secret", "../../secret", "../../../secret"}) {
          ASSERT_NE(cage->read(path), "SECRET");
        }
      });
}

// However deep a tree is, its names are looked at only as far as a path may be long: asked at each
// of so many levels, anything else takes hours.
TEST_F(WalkTest, PathsOfDeepDirectories) {
  build();
  enter("/tmp");
  constexpr int kDepth = 60'000;
  int too_long = 0;
  for (int level = 1; level <= kDepth; level++) {
    ASSERT_TRUE(make_directory_at(cage->context(), kCwd, "d", 0755).ok());
    enter("d");
    auto path = space->path_of(*cage->view.working_directory());
    if (!path.ok()) {
      EXPECT_EQ(path.error(), Errno(ENAMETOOLONG));
      too_long++;
    }
  }
  // "/tmp" and "/d" so often that there is still room for the NUL.
  EXPECT_EQ(too_long, kDepth - static_cast<int>(abi::kPathMax - 1 - 4) / 2);
}

}  // namespace
}  // namespace rawposix::fs
