// SPDX-License-Identifier: Apache-2.0
// A place in the file tree: a directory, a file, a link, ... in one mount. Like Linux's dentry and
// inode in one, but without a cache: a node of a host file pins the file, not its name. Names are
// single components, checked by the walk: never "", "." or "..", no '/', at most kNameMax bytes.
//
// The defaults are for nodes that don't know an operation. Thread-safe.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "abi/stat.h"
#include "fs/file.h"
#include "support/result.h"

namespace rawposix::cage {
class Task;
}

namespace rawposix::fs {

struct Mount;

// What tells one file from another.
struct NodeKey {
  uint64_t device = 0;
  uint64_t inode = 0;
  friend auto operator<=>(const NodeKey&, const NodeKey&) = default;  // NOLINT: no null pointer
};

// Who asks. The task is for file systems of layers above, which show what is theirs (src/proc).
struct Caller {
  mode_t umask = 0;
  cage::Task* task = nullptr;
  // By which the task waits for the other end of a named pipe; null: it can't be interrupted then.
  sync::Waiter* waiter = nullptr;
};

struct OpenRequest {
  int flags = 0;  // Linux's O_*, known bits only
  mode_t mode = 0;
  Caller caller;
};

enum class RemoveKind : uint8_t { kFile, kDirectory };

class Node : public std::enable_shared_from_this<Node> {
 public:
  Node(const Mount& mount, mode_t kind) : mount_(&mount), kind_(kind) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Mount& mount() const { return *mount_; }
  mode_t kind() const { return kind_; }  // S_IFMT bits
  bool is_directory() const { return S_ISDIR(kind_); }
  bool is_symlink() const { return S_ISLNK(kind_); }

  virtual NodeKey key() const = 0;
  virtual Result<abi::Stat> status() = 0;
  // For a node that was looked up just now: what the look-up has seen already.
  virtual Result<abi::Stat> status_when_found() { return status(); }
  virtual Result<abi::Statx> extended_status(int flags, unsigned mask);
  virtual Result<abi::Statfs> file_system() = 0;
  virtual Result<std::string> link_target() { return Errno(EINVAL); }
  // From the mount's root, "" for the root itself, else "/a/b". ENOENT if it was removed,
  // ENAMETOOLONG from abi::kPathMax on.
  virtual Result<std::string> path_in_mount() = 0;
  // For display: where it is, or where it was and " (deleted)".
  virtual Result<std::string> last_path_in_mount() { return path_in_mount(); }

  // A link that leads to a file itself, whatever its text says (those of /proc).
  virtual bool is_magic_link() const { return false; }
  virtual Result<NodeRef> destination(const Caller& /*caller*/) { return Errno(EINVAL); }

  // Directories. parent() is not asked for a mount's root.
  virtual Result<NodeRef> child(const std::string& name, const Caller& caller);
  virtual Result<NodeRef> parent() { return Errno(ENOTDIR); }
  // A path of several components that meets no symbolic link and stays below this directory, in one
  // step. EXDEV where it has to be walked component by component.
  virtual Result<NodeRef> descend(const std::string& /*path*/) { return Errno(EXDEV); }

  virtual Result<FileRef> open(const OpenRequest& request);
  virtual Result<FileRef> create(const std::string& name, const OpenRequest& request);
  virtual Result<FileRef> create_unnamed(const OpenRequest& request);
  virtual Result<> make_directory(const std::string& name, mode_t mode);
  virtual Result<> make_node(const std::string& name, mode_t mode, dev_t device);
  virtual Result<> make_symlink(const std::string& name, const std::string& target);
  // The node of a tree that a new name can be given to; null where a node only stands for a file.
  virtual Node* as_link_source() { return nullptr; }
  // Both nodes are of this mount.
  virtual Result<> make_link(const std::string& name, Node& file);
  virtual Result<> remove(const std::string& name, RemoveKind kind);
  virtual Result<> rename(const std::string& name, Node& to, const std::string& new_name,
                          unsigned flags);

  // Attributes. Callers have refused changes on read-only mounts.
  virtual Result<> set_mode(mode_t mode) = 0;
  virtual Result<> set_owner(uid_t user, gid_t group) = 0;
  virtual Result<> set_times(const timespec times[2]) = 0;
  virtual Result<> truncate(int64_t size);
  virtual Result<> check_access(int mode, int flags, const Caller& caller) = 0;
  virtual Result<size_t> get_attribute(const char* name, std::span<std::byte> value);
  virtual Result<> set_attribute(const char* name, std::span<const std::byte> value, int flags);
  virtual Result<size_t> list_attributes(std::span<std::byte> names);
  virtual Result<> remove_attribute(const char* name);

 private:
  const Mount* const mount_;
  const mode_t kind_;
};

// For nodes that only have a Stat.
abi::Statx statx_from(const abi::Stat& status);

}  // namespace rawposix::fs
