// SPDX-License-Identifier: Apache-2.0
// What hangs where in a world's file tree. Fixed once a Namespace is built, so reading needs no
// lock. A Namespace outlives every node, file and cage that uses it.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fs/counted_fd.h"
#include "fs/node.h"
#include "fs/record_locks.h"
#include "fs/terminals.h"
#include "support/quota.h"
#include "support/unique_fd.h"

namespace rawposix::fs {

enum class MountAccess : uint8_t { kReadWrite, kReadOnly };
enum class MountKind : uint8_t {
  kEmbedded,  // in memory
  kHost,      // a directory or file of the host's
  kStream,    // files handed over open; they have no place in the tree
  kOther,     // a file system of a layer above
};

class MemFile;
class MemFs;
class Namespace;

// What a world may have of memory that is not in its cages' address spaces, and of descriptors.
struct Limits {
  // Content of files in memory, as the options size and nr_inodes of tmpfs. 0 bytes stands for half
  // of the machine's memory, but not more than 2 GiB.
  uint64_t memory_bytes = 0;
  uint64_t inodes = 262'144;
  // Host descriptors; null: of the process's own budget.
  Budget* descriptors = nullptr;
};

struct Mount {
  // A mount inside this one, at `name` in the directory `directory`, whether or not the directory
  // has an entry of that name.
  struct Inner {
    NodeKey directory;
    std::string name;
    Mount* mount;
  };

  Namespace* space = nullptr;
  MountKind kind = MountKind::kEmbedded;
  MountAccess access = MountAccess::kReadWrite;
  NodeRef root;
  std::vector<Inner> inner;
  // Where it hangs; null for the tree's root.
  NodeRef outer_directory;
  std::string outer_name;

  bool read_only() const { return access == MountAccess::kReadOnly; }
  bool is_root(const Node& node) const { return root != nullptr && node.key() == root->key(); }

  // The mount at `name` of `directory`, a directory of this mount.
  const Mount* inner_at(const Node& directory, std::string_view name) const {
    for (const Inner& entry : inner) {
      if (entry.name == name && entry.directory == directory.key()) return entry.mount;
    }
    return nullptr;
  }
  // Whether a path can be walked without looking for inner mounts: has none of their names.
  bool is_clear(std::string_view path) const;
};

// The tree of a world: an embedded root or a directory of the host's, and what is bound into it.
// Made by NamespaceBuilder.
class Namespace {
 public:
  explicit Namespace(const Limits& limits);
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  ~Namespace();

  const Mount& root_mount() const { return *mounts_.front(); }
  NodeRef root() const { return mounts_.front()->root; }
  Descriptors& descriptors() { return descriptors_; }
  Quota& memory_pages() { return memory_pages_; }
  Quota& inodes() { return inodes_; }
  RecordLocks& locks() { return locks_; }
  const Terminals& terminals() const { return terminals_; }
  // What Linux takes away from the modes of files that this process makes: as it was when first
  // asked for, since finding out costs as much as opening a file.
  mode_t host_umask();

  // A description for an open descriptor of the host's, such as a standard stream. The descriptor
  // is duplicated, a pipe or terminal opened again if that can be. Attributes of a stream that
  // can't be written can't be changed either. EOPNOTSUPP for files of hugetlbfs.
  Result<FileRef> adopt_stream(int host_fd);
  // A file without a name (memfd_create).
  Result<FileRef> create_memory(const char* name, unsigned flags);
  // A file without a name whose content is taken from `pages`.
  Result<std::shared_ptr<MemFile>> create_unnamed(mode_t mode, std::shared_ptr<Quota> pages);
  struct Pipe {
    FileRef reader;
    FileRef writer;
  };
  Result<Pipe> create_pipe(int flags);

  // The path as a cage sees it. ENOENT if the file is gone from the tree, "(unreachable)..." as
  // Linux shows it if it was moved out of what the cage can see.
  Result<std::string> path_of(Node& node) const;
  // The same for display: "PATH (deleted)" of a file that is gone.
  Result<std::string> shown_path(Node& node) const;
  // In the order of their making; not those that have no place in the tree.
  std::span<const std::unique_ptr<Mount>> mounts() const { return mounts_; }

 private:
  friend class NamespaceBuilder;
  Mount& add_mount(MountKind kind, MountAccess access);
  Result<std::string> path_in_tree(const Mount& mount, Result<std::string> inside) const;

  static constexpr mode_t kUmaskUnknown = ~mode_t{0};
  std::atomic<mode_t> host_umask_ = kUmaskUnknown;
  Descriptors descriptors_;
  Quota memory_pages_;
  Quota inodes_;
  RecordLocks locks_;
  Terminals terminals_;
  std::vector<std::unique_ptr<MemFs>> embedded_;
  std::vector<std::unique_ptr<Mount>> mounts_;
  Mount streams_;
  Mount read_only_streams_;
  Mount unnamed_;
  std::unique_ptr<MemFs> unnamed_files_;
};

}  // namespace rawposix::fs
