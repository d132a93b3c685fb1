// SPDX-License-Identifier: Apache-2.0
// For tests: a world with a scratch directory of the host's bound at /h, and shorthands.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "fs/descriptor_node.h"
#include "fs/fd_table.h"
#include "fs/namespace_builder.h"
#include "fs/tree.h"

namespace rawposix::fs {

inline constexpr uint64_t kTestLimit = 1024;
inline constexpr FdNum kCwd{AT_FDCWD};

// A directory of its own, removed at the end.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/rawposix-fs-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  void directory(const std::string& name) const { std::filesystem::create_directories(at(name)); }
  void file(const std::string& name, const std::string& text = "text") const {
    std::ofstream(at(name)) << text;
  }
  void link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(::symlink(target.c_str(), at(name).c_str()), 0);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(at(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  bool has(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(at(name)));
  }

 private:
  std::string path_;
};

// One cage's sight of a world.
class Cage {
 public:
  explicit Cage(Namespace& space) : view(space) {}
  PathContext context() { return {view, fds}; }

  Result<FileRef> open(const std::string& path, int flags = O_RDONLY, mode_t mode = 0644) {
    return open_at(context(), kCwd, path, flags, mode);
  }
  int error_of_open(const std::string& path, int flags = O_RDONLY) {
    Result<FileRef> file = open(path, flags);
    return file.ok() ? 0 : file.error().number();
  }
  // The whole file, or the error's name in angle brackets.
  std::string read(const std::string& path) {
    Result<FileRef> file = open(path);
    if (!file.ok()) return std::string("<") + file.error().name() + ">";
    return read(*file.value());
  }
  static std::string read(File& file) {
    std::string text(65536, '\0');
    iovec to{text.data(), text.size()};
    sync::Waiter waiter;
    Result<size_t> size = file.read(waiter, {&to, 1});
    if (!size.ok()) return std::string("<") + size.error().name() + ">";
    text.resize(size.value());
    return text;
  }
  static int write(File& file, std::string text) {
    iovec from{text.data(), text.size()};
    sync::Waiter waiter;
    Result<size_t> size = file.write(waiter, {&from, 1});
    return size.ok() ? static_cast<int>(size.value()) : -size.error().number();
  }
  int write(const std::string& path, const std::string& text, int flags = O_CREAT | O_TRUNC) {
    Result<FileRef> file = open(path, flags | O_WRONLY);
    return file.ok() ? write(*file.value(), text) : -file.error().number();
  }
  Result<NodeRef> find(const std::string& path, Follow follow = Follow::kYes) {
    return context().find(kCwd, path, follow);
  }
  // What opening the file by its name in /proc/self/fd gives.
  Result<FileRef> open_again(const FileRef& file, int flags = O_RDONLY) {
    NodeRef node = TRY(node_behind(file, view.space().root_mount()));
    return node->open({.flags = flags, .mode = 0, .caller = context().caller()});
  }
  int error_of_open_again(const FileRef& file, int flags) {
    Result<FileRef> again = open_again(file, flags);
    return again.ok() ? 0 : again.error().number();
  }
  int number_of(const FileRef& file) { return fds.add(file, kTestLimit, CloseOnExec::kNo).value(); }

  FdTable fds;
  FsView view;
};

template <class T>
int error_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().number();
}

class TreeTest : public testing::Test {
 protected:
  void build() {
    builder.add_bind({host.path(), "/h", MountAccess::kReadWrite});
    auto built = builder.build();
    ASSERT_TRUE(built.ok()) << built.error();
    space = std::move(built).value();
    cage = std::make_unique<Cage>(*space);
  }
  PathContext context() { return cage->context(); }

  Scratch host;
  NamespaceBuilder builder;
  std::unique_ptr<Namespace> space;
  std::unique_ptr<Cage> cage;
};

}  // namespace rawposix::fs
