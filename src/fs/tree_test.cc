// SPDX-License-Identifier: Apache-2.0
#include "fs/tree.h"

#include <linux/fs.h>

#include "fs/test_tree.h"

namespace rawposix::fs {
namespace {

TEST_F(TreeTest, CreatesWritesAndReads) {
  build();
  EXPECT_EQ(cage->write("/h/new", "hello"), 5);
  EXPECT_EQ(host.read("new"), "hello");
  EXPECT_EQ(cage->read("/h/new"), "hello");
  EXPECT_EQ(cage->write("/tmp/mine", "inside"), 6);
  EXPECT_EQ(cage->read("/tmp/mine"), "inside");
  EXPECT_EQ(cage->write("/tmp/mine", "!", O_APPEND), 1);
  EXPECT_EQ(cage->read("/tmp/mine"), "inside!");
  EXPECT_FALSE(std::filesystem::exists("/tmp/mine"));
}

TEST_F(TreeTest, OpenErrors) {
  host.directory("d");
  host.file("f");
  host.link("f", "l");
  host.link("loop", "loop");
  host.link("nowhere", "dangling");
  build();
  for (const std::string& top : {std::string("/h"), std::string("/tmp/t")}) {
    if (top != "/h") {
      ASSERT_TRUE(make_directory_at(context(), kCwd, top, 0755).ok());
      ASSERT_TRUE(make_directory_at(context(), kCwd, top + "/d", 0755).ok());
      ASSERT_EQ(cage->write(top + "/f", "text"), 4);
      ASSERT_TRUE(make_symlink_at(context(), "f", kCwd, top + "/l").ok());
      ASSERT_TRUE(make_symlink_at(context(), "loop", kCwd, top + "/loop").ok());
      ASSERT_TRUE(make_symlink_at(context(), "nowhere", kCwd, top + "/dangling").ok());
    }
    SCOPED_TRACE(top);
    EXPECT_EQ(cage->error_of_open(""), ENOENT);
    EXPECT_EQ(cage->error_of_open(top + "/none"), ENOENT);
    EXPECT_EQ(cage->error_of_open(top + "/none/f"), ENOENT);
    EXPECT_EQ(cage->error_of_open(top + "/f/x"), ENOTDIR);
    EXPECT_EQ(cage->error_of_open(top + "/f/"), ENOTDIR);
    EXPECT_EQ(cage->error_of_open(top + "/f/."), ENOTDIR);
    EXPECT_EQ(cage->error_of_open(top + "/f/.."), ENOTDIR);
    EXPECT_EQ(cage->error_of_open(top + "/f", O_DIRECTORY), ENOTDIR);
    EXPECT_EQ(cage->error_of_open(top + "/f", O_CREAT | O_EXCL), EEXIST);
    EXPECT_EQ(cage->error_of_open(top + "/d", O_WRONLY), EISDIR);
    EXPECT_EQ(cage->error_of_open(top + "/d", O_CREAT), EISDIR);
    EXPECT_EQ(cage->error_of_open(top + "/new/", O_CREAT), EISDIR);
    EXPECT_EQ(cage->error_of_open(top + "/d/.", O_CREAT), EISDIR);
    EXPECT_EQ(cage->error_of_open(top + "/d", O_CREAT | O_DIRECTORY), EINVAL);
    EXPECT_EQ(cage->error_of_open(top + "/l", O_NOFOLLOW), ELOOP);
    EXPECT_EQ(cage->error_of_open(top + "/l", O_NOFOLLOW | O_PATH), 0);
    EXPECT_EQ(cage->error_of_open(top + "/l", O_NOFOLLOW | O_DIRECTORY), ELOOP);
    EXPECT_EQ(cage->error_of_open(top + "/l"), 0);
    EXPECT_EQ(cage->error_of_open(top + "/loop"), ELOOP);
    EXPECT_EQ(cage->error_of_open(top + "/dangling"), ENOENT);
    EXPECT_EQ(cage->error_of_open(top + "/dangling", O_CREAT | O_EXCL), EEXIST);
    EXPECT_EQ(cage->error_of_open(top + "/" + std::string(256, 'n')), ENAMETOOLONG);
    EXPECT_EQ(cage->error_of_open(top + "/" + std::string(256, 'n'), O_CREAT), ENAMETOOLONG);
    EXPECT_EQ(cage->error_of_open(top + "/f", O_TMPFILE | O_RDWR), ENOTDIR);
    EXPECT_EQ(cage->error_of_open(top + "/d", O_TMPFILE | O_RDONLY), EINVAL);
    EXPECT_EQ(cage->write(top + "/dangling", "made"), 4);
    EXPECT_EQ(cage->read(top + "/nowhere"), "made");
  }
}

TEST_F(TreeTest, ModesAndUmask) {
  build();
  mode_t before = ::umask(077);
  NamespaceBuilder other;
  other.add_bind({host.path(), "/h", MountAccess::kReadWrite});
  auto strict = std::move(other.build()).value();
  Cage user(*strict);
  EXPECT_EQ(user.view.umask(), 077U);
  user.view.set_umask(002);
  for (const char* top : {"/h/", "/tmp/"}) {
    std::string path = top;
    ASSERT_TRUE(user.open(path + "f", O_CREAT | O_WRONLY, 0666).ok());
    EXPECT_EQ(user.find(path + "f").value()->status().value().st_mode, S_IFREG | 0664U);
    ASSERT_TRUE(make_directory_at(user.context(), kCwd, path + "d", 0777).ok());
    EXPECT_EQ(user.find(path + "d").value()->status().value().st_mode, S_IFDIR | 0775U);
  }
  ::umask(before);
}

TEST_F(TreeTest, DirectoriesAndRemoval) {
  build();
  for (const std::string& top : {std::string("/h"), std::string("/tmp")}) {
    SCOPED_TRACE(top);
    auto mkdir = [&](const std::string& name) {
      return error_of(make_directory_at(context(), kCwd, top + name, 0755));
    };
    auto remove = [&](const std::string& name, RemoveKind kind) {
      return error_of(remove_at(context(), kCwd, top + name, kind));
    };
    constexpr auto kFile = RemoveKind::kFile;
    constexpr auto kDirectory = RemoveKind::kDirectory;
    EXPECT_EQ(mkdir("/d/"), 0);
    EXPECT_EQ(mkdir("/d"), EEXIST);
    EXPECT_EQ(mkdir("/d/."), EEXIST);
    EXPECT_EQ(mkdir("/none/d"), ENOENT);
    cage->write(top + "/d/f", "x");
    EXPECT_EQ(mkdir("/d/f"), EEXIST);
    EXPECT_EQ(mkdir("/d/f/g"), ENOTDIR);
    EXPECT_EQ(remove("/d", kFile), EISDIR);
    EXPECT_EQ(remove("/d", kDirectory), ENOTEMPTY);
    EXPECT_EQ(remove("/d/.", kDirectory), EINVAL);
    EXPECT_EQ(remove("/d/..", kDirectory), ENOTEMPTY);
    EXPECT_EQ(remove("/d/f", kDirectory), ENOTDIR);
    EXPECT_EQ(remove("/d/f/", kFile), ENOTDIR);
    EXPECT_EQ(remove("/d/none", kFile), ENOENT);
    EXPECT_EQ(remove("/d/f", kFile), 0);
    FileRef open_directory = cage->open(top + "/d", O_DIRECTORY).value();
    EXPECT_EQ(remove("/d/", kDirectory), 0);
    // The directory lives on, but nothing can be made in it.
    int number = cage->number_of(open_directory);
    EXPECT_EQ(error_of(open_at(context(), FdNum{number}, "x", O_CREAT | O_WRONLY, 0644)), ENOENT);
  }
}

TEST_F(TreeTest, Links) {
  build();
  for (const std::string& top : {std::string("/h/"), std::string("/tmp/")}) {
    SCOPED_TRACE(top);
    ASSERT_EQ(cage->write(top + "a", "one"), 3);
    auto link = [&](const std::string& from, const std::string& to, int flags = 0) {
      return error_of(make_link_at(context(), kCwd, top + from, kCwd, to, flags));
    };
    EXPECT_EQ(link("a", top + "b"), 0);
    EXPECT_EQ(link("a", top + "b"), EEXIST);
    EXPECT_EQ(cage->read(top + "b"), "one");
    EXPECT_EQ(cage->find(top + "a").value()->status().value().st_nlink, 2U);
    EXPECT_EQ(cage->find(top + "a").value()->key(), cage->find(top + "b").value()->key());
    EXPECT_EQ(link("a", top == "/h/" ? "/tmp/x" : "/h/x"), EXDEV);
    EXPECT_EQ(link(".", top + "dot"), EPERM);
    ASSERT_TRUE(make_symlink_at(context(), "a", kCwd, top + "s").ok());
    EXPECT_EQ(link("s", top + "hard-s"), 0);
    EXPECT_TRUE(cage->find(top + "hard-s", Follow::kNo).value()->is_symlink());
    EXPECT_EQ(link("s", top + "hard-a", AT_SYMLINK_FOLLOW), 0);
    EXPECT_TRUE(S_ISREG(cage->find(top + "hard-a", Follow::kNo).value()->kind()));
    EXPECT_EQ(error_of(remove_at(context(), kCwd, top + "a", RemoveKind::kFile)), 0);
    EXPECT_EQ(cage->read(top + "b"), "one");
  }
}

TEST_F(TreeTest, UnnamedFilesGetANameByTheirDescriptor) {
  build();
  for (const std::string& top : {std::string("/h"), std::string("/tmp")}) {
    SCOPED_TRACE(top);
    FileRef file = cage->open(top, O_TMPFILE | O_RDWR).value();
    ASSERT_EQ(Cage::write(*file, "later"), 5);
    FdNum fd{cage->number_of(file)};
    EXPECT_EQ(error_of(make_link_at(context(), fd, "", kCwd, top + "/named", 0)), ENOENT);
    ASSERT_EQ(error_of(make_link_at(context(), fd, "", kCwd, top + "/named", AT_EMPTY_PATH)), 0);
    EXPECT_EQ(cage->read(top + "/named"), "later");
    EXPECT_EQ(file->status().value().st_nlink, 1U);
  }
}

TEST_F(TreeTest, Renames) {
  build();
  for (const std::string& top : {std::string("/h/"), std::string("/tmp/")}) {
    SCOPED_TRACE(top);
    auto rename = [&](const std::string& from, const std::string& to, unsigned flags = 0) {
      return error_of(rename_at(context(), kCwd, top + from, kCwd, top + to, flags));
    };
    cage->write(top + "a", "A");
    cage->write(top + "b", "B");
    ASSERT_TRUE(make_directory_at(context(), kCwd, top + "d", 0755).ok());
    ASSERT_TRUE(make_directory_at(context(), kCwd, top + "d/e", 0755).ok());
    EXPECT_EQ(rename("none", "x"), ENOENT);
    EXPECT_EQ(rename("a", "d"), EISDIR);
    EXPECT_EQ(rename("d", "a"), ENOTDIR);
    EXPECT_EQ(rename("a/", "x"), ENOTDIR);
    EXPECT_EQ(rename("a", "x/"), ENOTDIR);
    EXPECT_EQ(rename("d", "d/e/f"), EINVAL);
    EXPECT_EQ(rename("d/e", "d"), ENOTEMPTY);
    EXPECT_EQ(rename("d/.", "x"), EBUSY);
    EXPECT_EQ(rename("a", "b", RENAME_NOREPLACE), EEXIST);
    EXPECT_EQ(rename("a", "b", RENAME_NOREPLACE | RENAME_EXCHANGE), EINVAL);
    EXPECT_EQ(rename("a", "b", 1U << 30), EINVAL);
    EXPECT_EQ(rename("a", "none", RENAME_EXCHANGE), ENOENT);
    EXPECT_EQ(rename("a", "b", RENAME_EXCHANGE), 0);
    EXPECT_EQ(cage->read(top + "a"), "B");
    EXPECT_EQ(rename("a", "d/e/moved"), 0);
    EXPECT_EQ(rename("d/e", "e"), 0);
    EXPECT_EQ(cage->read(top + "e/moved"), "B");
    EXPECT_EQ(rename("e", "d"), 0);  // over an empty directory
    EXPECT_EQ(cage->read(top + "d/moved"), "B");
    EXPECT_EQ(rename("b", "b"), 0);
    EXPECT_EQ(
        error_of(rename_at(context(), kCwd, top + "b", kCwd, top == "/h/" ? "/tmp/q" : "/h/q", 0)),
        EXDEV);
  }
}

TEST_F(TreeTest, ReadOnlyBinds) {
  Scratch other;
  other.file("f", "kept");
  other.directory("d");
  builder.add_bind({other.path(), "/ro", MountAccess::kReadOnly});
  build();
  EXPECT_EQ(cage->read("/ro/f"), "kept");
  EXPECT_EQ(cage->error_of_open("/ro/f", O_WRONLY), EROFS);
  EXPECT_EQ(cage->error_of_open("/ro/f", O_RDWR), EROFS);
  EXPECT_EQ(cage->error_of_open("/ro/f", O_TRUNC), EROFS);
  EXPECT_EQ(cage->error_of_open("/ro/f", O_CREAT), 0);
  EXPECT_EQ(cage->error_of_open("/ro/new", O_CREAT), EROFS);
  EXPECT_EQ(cage->error_of_open("/ro/d", O_TMPFILE | O_RDWR), EROFS);
  EXPECT_EQ(error_of(make_directory_at(context(), kCwd, "/ro/x", 0755)), EROFS);
  EXPECT_EQ(error_of(make_directory_at(context(), kCwd, "/ro/d", 0755)), EEXIST);
  EXPECT_EQ(error_of(make_symlink_at(context(), "t", kCwd, "/ro/x")), EROFS);
  EXPECT_EQ(error_of(make_link_at(context(), kCwd, "/ro/f", kCwd, "/ro/x", 0)), EROFS);
  EXPECT_EQ(error_of(make_node_at(context(), kCwd, "/ro/x", S_IFIFO | 0644, 0)), EROFS);
  EXPECT_EQ(error_of(remove_at(context(), kCwd, "/ro/f", RemoveKind::kFile)), EROFS);
  EXPECT_EQ(error_of(remove_at(context(), kCwd, "/ro/d", RemoveKind::kDirectory)), EROFS);
  EXPECT_EQ(error_of(rename_at(context(), kCwd, "/ro/f", kCwd, "/ro/g", 0)), EROFS);
  NodeRef node = cage->find("/ro/f").value();
  EXPECT_EQ(error_of(check_access(*node, W_OK, 0)), EROFS);
  EXPECT_EQ(error_of(check_access(*node, R_OK, 0)), 0);
  EXPECT_EQ(error_of(check_writable(*node)), EROFS);
  // Not by way of /proc/self/fd either.
  FileRef file = cage->open("/ro/f").value();
  EXPECT_EQ(cage->error_of_open_again(file, O_RDWR), EROFS);
  EXPECT_EQ(cage->error_of_open_again(file, O_TRUNC), EROFS);
  EXPECT_EQ(other.read("f"), "kept");
}

TEST_F(TreeTest, MountPointsAreBusy) {
  Scratch other;
  builder.add_bind({other.path(), "/h/inner", MountAccess::kReadWrite});
  host.directory("inner");
  host.directory("x");
  NamespaceBuilder ordered;
  ordered.add_bind({host.path(), "/h", MountAccess::kReadWrite});
  ordered.add_bind({other.path(), "/h/inner", MountAccess::kReadWrite});
  space = std::move(ordered.build()).value();
  cage = std::make_unique<Cage>(*space);
  EXPECT_EQ(error_of(remove_at(context(), kCwd, "/h/inner", RemoveKind::kDirectory)), EBUSY);
  EXPECT_EQ(error_of(rename_at(context(), kCwd, "/h/inner", kCwd, "/h/y", 0)), EBUSY);
  EXPECT_EQ(error_of(rename_at(context(), kCwd, "/h/x", kCwd, "/h/inner", 0)), EBUSY);
  EXPECT_EQ(error_of(rename_at(context(), kCwd, "/h/x", kCwd, "/h/inner/x", 0)), EXDEV);
  EXPECT_EQ(error_of(remove_at(context(), kCwd, "/h", RemoveKind::kDirectory)), EBUSY);
}

}  // namespace
}  // namespace rawposix::fs
