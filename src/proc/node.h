// SPDX-License-Identifier: Apache-2.0
// What all of /proc is made of: directories, files and links whose content is made when it is
// asked for. Nodes are made by each look-up and keep no state of their own; inode numbers follow
// from what they stand for, so that the same name is the same file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cage/task.h"
#include "fs/file.h"
#include "fs/mount.h"
#include "fs/node.h"
#include "support/budget.h"
#include "support/mutex.h"

namespace rawposix::proc {

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

// Where a node is and what stat(2) says of it.
struct Place {
  const fs::Mount& mount;
  std::string path = {};  // in the mount, as Node::path_in_mount()
  uint64_t inode = 0;
  mode_t mode = 0;
  Owner owner = {};
  uint32_t links = 1;
  int64_t size = 0;
};

class Node : public fs::Node {
 public:
  explicit Node(Place place)
      : fs::Node(place.mount, place.mode & S_IFMT), place_(std::move(place)) {}

  fs::NodeKey key() const override;
  Result<abi::Stat> status() override;
  Result<abi::Statfs> file_system() override;
  Result<std::string> path_in_mount() override { return place_.path; }
  Result<> set_mode(mode_t) override { return Errno(EPERM); }
  Result<> set_owner(uid_t, gid_t) override { return Errno(EPERM); }
  Result<> set_times(const timespec[2]) override { return Errno(EPERM); }
  Result<> check_access(int mode, int flags, const fs::Caller& caller) override;
  Result<> truncate(int64_t) override { return Errno(EPERM); }
  // Linux's look-ups end with ENOENT, before anything could be made.
  Result<fs::FileRef> create(const std::string&, const fs::OpenRequest&) override;
  Result<> make_directory(const std::string&, mode_t) override { return Errno(ENOENT); }
  Result<> make_node(const std::string&, mode_t, dev_t) override { return Errno(ENOENT); }
  Result<> make_symlink(const std::string&, const std::string&) override { return Errno(ENOENT); }

 protected:
  const Place& place() const { return place_; }

 private:
  const Place place_;
};

class Directory : public Node {
 public:
  Directory(Place place, fs::NodeRef parent) : Node(std::move(place)), parent_(std::move(parent)) {}

  // At most `most` entries after a position, ascending; positions are above 2. ENOENT if what it
  // stands for is gone.
  struct Listed {
    std::string name;
    uint64_t inode = 0;
    mode_t kind = 0;
    int64_t position = 0;
  };
  virtual Result<std::vector<Listed>> list_after(int64_t after, size_t most) = 0;

  Result<fs::NodeRef> child(const std::string& name, const fs::Caller& caller) final;
  Result<fs::NodeRef> parent() override { return parent_; }
  Result<fs::FileRef> open(const fs::OpenRequest& request) override;
  uint64_t parent_inode() const;

 protected:
  // Only names that a directory can have, and for callers who may search this one.
  virtual Result<fs::NodeRef> find(const std::string& name, const fs::Caller& caller) = 0;
  // "EACCES" for those who may not.
  virtual Result<> check_search(const fs::Caller& caller) {
    return check_access(X_OK, AT_EACCESS, caller);
  }
  std::string path_of(std::string_view name) const;

 private:
  const fs::NodeRef parent_;  // null: the root
};

// Who has opened a file.
struct Opener {
  pid_t pid = 0;
  bool may_inspect = false;  // the process that the file is about (access.h)
  cage::Credentials credentials;
};

// What a file does: `make` gives all of its text; `store`, where it can be written, takes what one
// write() has.
struct Content {
  std::function<Result<std::string>(const Opener&)> make;
  std::function<Result<>(const Opener&, std::string_view)> store;
  // What writing says where there is no `store`.
  int write_error = EIO;
};

class TextNode final : public Node {
 public:
  TextNode(Place place, Content content, std::function<Result<Opener>(const fs::Caller&)> admit)
      : Node(std::move(place)), content_(std::move(content)), admit_(std::move(admit)) {}

  Result<fs::FileRef> open(const fs::OpenRequest& request) override;
  Result<> truncate(int64_t) override { return {}; }
  const Content& content() const { return content_; }

 private:
  const Content content_;
  const std::function<Result<Opener>(const fs::Caller&)> admit_;
};

// Bytes of texts that open files keep, of all worlds.
Budget& text_budget();

// As seq_file in Linux: reading from the start makes the text anew, going on reads what was made.
// If all open files keep too much, that is made anew, too.
class TextFile final : public fs::File {
 public:
  TextFile(std::shared_ptr<TextNode> node, int flags, Opener opener)
      : node_(std::move(node)), flags_(flags), opener_(std::move(opener)) {}

  int flags() const override { return flags_.load(std::memory_order_relaxed); }
  Result<> set_flags(int flags) override;
  Result<size_t> read(sync::Waiter& waiter, fs::Vectors to) override;
  Result<size_t> read_at(fs::Vectors to, int64_t offset, int flags) override;
  Result<size_t> write(sync::Waiter& waiter, fs::Vectors from) override;
  Result<size_t> write_at(fs::Vectors from, int64_t offset, int flags) override;
  Result<int64_t> seek(int64_t offset, int whence) override;
  fs::NodeRef node() override { return node_; }
  Result<fs::FileRef> reopen(const fs::OpenRequest& request) override;

 private:
  struct Made {
    std::string text;
    Budget::Share share;
  };
  using Text = std::shared_ptr<const Made>;
  Result<Text> text_for(int64_t offset) EXCLUDES(mutex_);
  Result<size_t> store(fs::Vectors from);

  const std::shared_ptr<TextNode> node_;
  std::atomic<int> flags_;
  const Opener opener_;
  Mutex mutex_{LockRank::kOpenFile};
  Text text_ GUARDED_BY(mutex_);
  int64_t position_ GUARDED_BY(mutex_) = 0;
};

// An ordinary link.
class TextLink final : public Node {
 public:
  TextLink(Place place, std::string target) : Node(std::move(place)), target_(std::move(target)) {}
  Result<std::string> link_target() override { return target_; }

 private:
  const std::string target_;
};

// A fixed number of files in a directory, in order.
constexpr int64_t kFirstPosition = 3;  // 1 and 2: "." and ".."

}  // namespace rawposix::proc
