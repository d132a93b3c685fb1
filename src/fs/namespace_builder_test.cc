// SPDX-License-Identifier: Apache-2.0
#include "fs/namespace_builder.h"

#include <dirent.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "abi/dirent.h"
#include "fs/test_tree.h"

namespace rawposix::fs {
namespace {

// Name -> type of all entries, read with a small buffer so that positions matter.
std::map<std::string, int> list(Cage& cage, const std::string& path, size_t buffer_size = 280) {
  std::map<std::string, int> found;
  Result<FileRef> file = cage.open(path, O_RDONLY | O_DIRECTORY);
  if (!file.ok()) return found;
  std::vector<std::byte> buffer(buffer_size);
  while (true) {
    size_t size = file.value()->read_directory({buffer.data(), buffer.size()}).value();
    if (size == 0) return found;
    for (size_t at = 0; at < size;) {
      abi::DirentHeader header;
      std::memcpy(&header, &buffer[at], sizeof header);
      std::string name(reinterpret_cast<const char*>(&buffer[at + abi::kDirentNameOffset]));
      EXPECT_FALSE(found.contains(name)) << name;
      found[name] = header.type;
      at += header.record_size;
    }
  }
}

std::string error_text(NamespaceBuilder& builder) {
  auto built = builder.build();
  return built.ok() ? "" : built.error();
}

// A file system of another layer's: one link that leads to a node.
class TestNode : public Node {
 public:
  TestNode(const Mount& mount, mode_t kind, uint64_t inode) : Node(mount, kind), inode_(inode) {}
  NodeKey key() const override { return {0xabcdef, inode_}; }
  Result<abi::Stat> status() override { return Errno(EIO); }
  Result<abi::Statfs> file_system() override { return Errno(EIO); }
  Result<std::string> path_in_mount() override { return std::string(); }
  Result<> set_mode(mode_t) override { return Errno(EPERM); }
  Result<> set_owner(uid_t, gid_t) override { return Errno(EPERM); }
  Result<> set_times(const timespec*) override { return Errno(EPERM); }
  Result<> check_access(int, int, const Caller&) override { return {}; }

 private:
  const uint64_t inode_;
};

class TestLink final : public TestNode {
 public:
  TestLink(const Mount& mount, NodeRef leads_to)
      : TestNode(mount, S_IFLNK, 2), leads_to_(std::move(leads_to)) {}
  Result<std::string> link_target() override { return std::string("nowhere"); }
  bool is_magic_link() const override { return true; }
  Result<NodeRef> destination(const Caller&) override { return leads_to_; }

 private:
  const NodeRef leads_to_;
};

class TestDirectory final : public TestNode {
 public:
  explicit TestDirectory(const Mount& mount) : TestNode(mount, S_IFDIR, 1) {}
  Result<NodeRef> child(const std::string& name, const Caller&) override {
    if (name != "link") return Errno(ENOENT);
    return NodeRef(std::make_shared<TestLink>(mount(), leads_to));
  }
  static inline NodeRef leads_to;
};

TEST(Bind, Parses) {
  Bind bind = Bind::parse("/a:/b").value();
  EXPECT_EQ(bind.host_path, "/a");
  EXPECT_EQ(bind.guest_path, "/b");
  EXPECT_EQ(bind.access, MountAccess::kReadWrite);
  EXPECT_EQ(Bind::parse("rel/x:/b:ro").value().access, MountAccess::kReadOnly);
  EXPECT_EQ(Bind::parse("with:colon:/b").value().host_path, "with:colon");
  EXPECT_EQ(Bind::parse("/a:/b:rw").value().access, MountAccess::kReadWrite);
  EXPECT_EQ(Bind::parse("/a:/b:rw").value().guest_path, "/b");
  EXPECT_EQ(Bind::parse("with:colon:/b:ro").value().host_path, "with:colon");
  EXPECT_FALSE(Bind::parse("/a:/b:r0").ok());
  EXPECT_FALSE(Bind::parse("/a:/b:ro:rw").ok());
  EXPECT_FALSE(Bind::parse("/a:ro").ok());
  EXPECT_FALSE(Bind::parse(":ro").ok());
  EXPECT_FALSE(Bind::parse("/a").ok());
  EXPECT_FALSE(Bind::parse(":/b").ok());
  EXPECT_FALSE(Bind::parse("/a:b").ok());
  EXPECT_FALSE(Bind::parse("").ok());
}

TEST(NamespaceBuilder, TheEmbeddedRoot) {
  auto space = std::move(NamespaceBuilder().build()).value();
  Cage cage(*space);
  EXPECT_EQ(list(cage, "/"), (std::map<std::string, int>{
                                 {".", DT_DIR}, {"..", DT_DIR}, {"dev", DT_DIR}, {"tmp", DT_DIR}}));
  std::map<std::string, int> devices = list(cage, "/dev");
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    EXPECT_EQ(devices[name], DT_CHR) << name;
  }
  EXPECT_EQ(devices["stdin"], DT_LNK);
  EXPECT_EQ(devices["fd"], DT_LNK);
  EXPECT_EQ(cage.find("/tmp").value()->status().value().st_mode, S_IFDIR | 01777U);
  abi::Stat null = cage.find("/dev/null").value()->status().value();
  EXPECT_EQ(null.st_rdev, makedev(1, 3));
  EXPECT_EQ(cage.open("/dev/null").value()->status().value().st_ino, null.st_ino);
  EXPECT_EQ(cage.read("/etc/passwd"), "<ENOENT>");
}

TEST(NamespaceBuilder, DevFdLeadsIntoProc) {
  auto space = std::move(NamespaceBuilder().build()).value();
  Cage cage(*space);
  EXPECT_EQ(cage.find("/dev/fd", Follow::kNo).value()->link_target().value(), "/proc/self/fd");
  EXPECT_EQ(cage.find("/dev/stdin", Follow::kNo).value()->link_target().value(), "/proc/self/fd/0");
}

TEST(NamespaceBuilder, ProcIsWhatTheLayerAboveMakes) {
  NamespaceBuilder builder;
  builder.set_proc([](const Mount& mount) -> NodeRef {
    EXPECT_EQ(mount.kind, MountKind::kOther);
    return std::make_shared<TestDirectory>(mount);
  });
  auto space = std::move(builder.build()).value();
  Cage cage(*space);
  EXPECT_EQ(list(cage, "/").count("proc"), 1U);
  NodeRef proc = cage.find("/proc").value();
  EXPECT_EQ(proc->mount().kind, MountKind::kOther);
  EXPECT_EQ(space->path_of(*proc).value(), "/proc");
  EXPECT_EQ(cage.find("/proc/..").value()->key(), space->root()->key());
  // A link of it leads to a file, whatever its text says, also where one is to be made.
  cage.write("/tmp/f", "text");
  TestDirectory::leads_to = cage.find("/tmp/f").value();
  EXPECT_EQ(cage.read("/proc/link"), "text");
  EXPECT_EQ(cage.write("/proc/link", "other"), 5);
  EXPECT_EQ(cage.read("/tmp/f"), "other");
  EXPECT_EQ(cage.error_of_open("/proc/link", O_NOFOLLOW), ELOOP);
  EXPECT_EQ(cage.error_of_open("/proc/link", O_CREAT | O_EXCL), EEXIST);
  EXPECT_EQ(cage.error_of_open("/proc/link/", O_RDONLY), ENOTDIR);
  EXPECT_EQ(cage.error_of_open("/proc/none", O_CREAT | O_RDWR), EACCES);
  TestDirectory::leads_to = cage.find("/tmp").value();
  EXPECT_EQ(cage.read("/proc/link/f"), "other");
  EXPECT_EQ(cage.find("/proc/link/..").value()->key(), space->root()->key());
  EXPECT_EQ(cage.error_of_open("/proc/link", O_CREAT | O_RDWR), EISDIR);
  TestDirectory::leads_to = nullptr;
}

TEST(NamespaceBuilder, BindsFilesAndDirectories) {
  Scratch host;
  host.directory("d");
  host.file("d/f", "in d");
  host.file("single", "alone");
  NamespaceBuilder builder;
  builder.add_bind({host.at("d"), "/deep/er/mount", MountAccess::kReadWrite});
  builder.add_bind({host.at("single"), "/etc/config", MountAccess::kReadOnly});
  auto space = std::move(builder.build()).value();
  Cage cage(*space);
  EXPECT_EQ(cage.read("/deep/er/mount/f"), "in d");
  EXPECT_EQ(cage.read("/deep/er/mount/../mount/./f"), "in d");
  EXPECT_EQ(cage.read("/etc/config"), "alone");
  EXPECT_EQ(cage.error_of_open("/etc/config", O_WRONLY), EROFS);
  EXPECT_EQ(cage.error_of_open("/etc/config/x"), ENOTDIR);
  EXPECT_EQ(list(cage, "/etc")["config"], DT_REG);
  EXPECT_EQ(list(cage, "/deep/er")["mount"], DT_DIR);
}

TEST(NamespaceBuilder, AHostRootShowsWhatIsMountedInside) {
  Scratch host;
  host.directory("usr/bin");
  host.file("usr/bin/x", "program");
  host.directory("tmp");
  host.file("tmp/hidden", "host's");
  host.directory("data");
  for (int i = 0; i < 50; i++) host.file("data/file" + std::to_string(i));
  Scratch other;
  other.file("f", "bound");
  NamespaceBuilder builder;
  builder.set_root(host.path(), MountAccess::kReadOnly);
  builder.add_bind({other.path(), "/data/not/there", MountAccess::kReadWrite});
  auto space = std::move(builder.build()).value();
  Cage cage(*space);
  EXPECT_EQ(cage.read("/usr/bin/x"), "program");
  EXPECT_EQ(cage.read("/tmp/hidden"), "<ENOENT>");
  EXPECT_EQ(cage.write("/tmp/own", "mine"), 4);
  EXPECT_EQ(cage.read("/data/not/there/f"), "bound");
  EXPECT_EQ(cage.read("/data/not/there/../../file7"), "text");
  EXPECT_EQ(cage.error_of_open("/new", O_CREAT), EROFS);
  std::map<std::string, int> root = list(cage, "/");
  EXPECT_EQ(root["dev"], DT_DIR);  // the host has none
  EXPECT_EQ(root["usr"], DT_DIR);
  EXPECT_EQ(list(cage, "/data").size(), 2 + 50 + 1U);
  EXPECT_EQ(list(cage, "/data/not").size(), 3U);
  EXPECT_FALSE(host.has("dev"));
  EXPECT_FALSE(host.has("data/not"));
  EXPECT_FALSE(host.has("tmp/own"));
}

TEST(NamespaceBuilder, SeeksInListings) {
  Scratch host;
  for (int i = 0; i < 20; i++) host.file("f" + std::to_string(i));
  NamespaceBuilder builder;
  builder.set_root(host.path(), MountAccess::kReadOnly);
  auto space = std::move(builder.build()).value();
  Cage cage(*space);
  Cage writer(*space);
  for (int i = 0; i < 20; i++) writer.write("/tmp/f" + std::to_string(i), "x");
  for (const char* path : {"/", "/tmp"}) {
    SCOPED_TRACE(path);
    FileRef file = cage.open(path, O_RDONLY | O_DIRECTORY).value();
    // (position, name of the record there)
    std::vector<std::pair<int64_t, std::string>> records;
    int64_t position = 0;
    std::vector<std::byte> buffer(64);
    while (true) {
      Result<size_t> size = file->read_directory({buffer.data(), 64});
      if (size.value() == 0) break;
      abi::DirentHeader header;
      std::memcpy(&header, buffer.data(), sizeof header);
      records.emplace_back(position,
                           reinterpret_cast<const char*>(&buffer[abi::kDirentNameOffset]));
      position = header.next_offset;
      ASSERT_TRUE(file->seek(position, SEEK_SET).ok());
    }
    EXPECT_GE(records.size(), 22U);
    std::reverse(records.begin(), records.end());
    for (const auto& [place, name] : records) {
      ASSERT_EQ(file->seek(place, SEEK_SET).value(), place);
      ASSERT_GT(file->read_directory({buffer.data(), 64}).value(), 0U);
      EXPECT_EQ(name, reinterpret_cast<const char*>(&buffer[abi::kDirentNameOffset]));
    }
    ASSERT_TRUE(file->seek(0, SEEK_SET).ok());
    EXPECT_EQ(file->read_directory({buffer.data(), 8}).error(), Errno(EINVAL));
  }
}

TEST(NamespaceBuilder, SaysWhatIsWrong) {
  Scratch host;
  host.file("f");
  auto text_of = [](const std::string& from, const std::string& to) {
    NamespaceBuilder builder;
    builder.add_bind({from, to, MountAccess::kReadWrite});
    return error_text(builder);
  };
  EXPECT_EQ(text_of(host.at("none"), "/x"),
            "cannot bind " + host.at("none") + " to /x: No such file or directory");
  EXPECT_NE(text_of(host.path(), "x").find("absolute"), std::string::npos);
  EXPECT_NE(text_of("/proc", "/x").find("not a file system of files"), std::string::npos);
  EXPECT_NE(text_of(host.path(), "/dev/null/x").find("Not a directory"), std::string::npos);
  EXPECT_NE(text_of(host.path(), "/").find("busy"), std::string::npos);
  EXPECT_NE(text_of(host.path(), "/a/../b"), "");
  NamespaceBuilder rooted;
  rooted.set_root(host.at("f"), MountAccess::kReadWrite);
  EXPECT_NE(error_text(rooted).find("Not a directory"), std::string::npos);
}

TEST(FsView, StartsWhereTold) {
  Scratch host;
  host.directory("d");
  NamespaceBuilder builder;
  builder.add_bind({host.path(), "/w", MountAccess::kReadWrite});
  auto space = std::move(builder.build()).value();
  FsView view(*space);
  EXPECT_TRUE(view.change_directory("/w/d").ok());
  EXPECT_EQ(space->path_of(*view.working_directory()).value(), "/w/d");
  EXPECT_EQ(view.change_directory("/none").error(),
            "cannot start in /none: No such file or directory");
  auto copy = view.clone();
  EXPECT_EQ(space->path_of(*copy->working_directory()).value(), "/w/d");
  EXPECT_EQ(copy->umask(), view.umask());
}

}  // namespace
}  // namespace rawposix::fs
