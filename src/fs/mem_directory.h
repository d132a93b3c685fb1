// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "fs/mem_node.h"

namespace rawposix::fs {

class MemDirectory final : public MemNode {
 public:
  MemDirectory(MemFs& fs, mode_t mode) : MemNode(fs, S_IFDIR | mode) {}
  ~MemDirectory() override;

  Result<std::string> path_in_mount() override;
  Result<std::string> last_path_in_mount() override;
  Result<NodeRef> child(const std::string& name, const Caller& caller) override;
  Result<NodeRef> parent() override;
  Result<FileRef> open(const OpenRequest& request) override;
  Result<FileRef> create(const std::string& name, const OpenRequest& request) override;
  Result<FileRef> create_unnamed(const OpenRequest& request) override;
  Result<> make_directory(const std::string& name, mode_t mode) override;
  Result<> make_node(const std::string& name, mode_t mode, dev_t device) override;
  Result<> make_symlink(const std::string& name, const std::string& target) override;
  Result<> make_link(const std::string& name, Node& file) override;
  Result<> remove(const std::string& name, RemoveKind kind) override;
  Result<> rename(const std::string& name, Node& to, const std::string& new_name,
                  unsigned flags) override;
  MemDirectory* as_directory() override { return this; }

  // Adds a name for a node. EEXIST; ENOENT in a removed directory.
  Result<> add(const std::string& name, std::shared_ptr<MemNode> node, Quota::One link = {});
  // Gives back the memory of the tree, which its parents' references would keep.
  void dismantle();

  // Entries after the position `after`, in order of their making: positions are never reused, so
  // that a reader misses and repeats nothing whatever changes meanwhile.
  struct Listed {
    std::string name;
    uint64_t inode;
    mode_t kind;
    int64_t position;
  };
  std::vector<Listed> list_after(int64_t after, size_t most);
  uint64_t parent_inode();
  // Whether it has that node by that name.
  bool holds_locked(const std::string& name, const MemNode& node) const;
  bool is_removed();

 private:
  struct Entry {
    std::shared_ptr<MemNode> node;
    int64_t position = 0;
    Quota::One link;  // of a file's second and later names
  };
  using Entries = std::map<std::string, Entry>;

  Result<> check_change();
  Result<Entries::iterator> find_locked(const std::string& name);
  void insert_locked(const std::string& name, Entry entry);
  // The entry, for it to go on elsewhere.
  Entry erase_locked(Entries::iterator entry);
  Result<> move_locked(Entries::iterator entry, MemDirectory& to, const std::string& new_name,
                       unsigned flags);
  Result<> may_replace_locked(MemNode& moved, MemNode& replaced) const;
  bool is_inside_locked(const MemNode& other) const;
  void swap_locked(Entries::iterator mine, MemDirectory& to, Entries::iterator other);

  // All guarded by fs_.mutex().
  Entries entries_;
  std::map<int64_t, std::string> by_position_;
  int64_t next_position_ = 3;  // 1 and 2: "." and ".."
  std::shared_ptr<MemDirectory> parent_;
  std::string name_;  // in the parent
  bool removed_ = false;
};

// Lists a MemDirectory.
class MemDirectoryFile final : public File {
 public:
  MemDirectoryFile(NodeRef node, int flags) : node_(std::move(node)), flags_(flags) {}
  int flags() const override { return flags_.load(std::memory_order_relaxed); }
  Result<> set_flags(int flags) override;
  Result<size_t> read(sync::Waiter&, Vectors) override { return Errno(EISDIR); }
  Result<size_t> read_at(Vectors, int64_t, int) override { return Errno(EISDIR); }
  Result<int64_t> seek(int64_t offset, int whence) override;
  Result<size_t> read_directory(const iovec& records) override;
  Result<> sync(SyncRange) override { return {}; }
  NodeRef node() override { return node_; }
  Result<FileRef> reopen(const OpenRequest& request) override;

 private:
  const NodeRef node_;
  std::atomic<int> flags_;
  // Not under a lock: two tasks that read one description at once may see an entry twice.
  std::atomic<int64_t> position_{0};
};

}  // namespace rawposix::fs
