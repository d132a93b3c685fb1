// SPDX-License-Identifier: Apache-2.0
// The calls that take paths, as one cage makes them: resolve, refuse what Linux refuses, delegate
// to nodes. Errors come in Linux's order. Flags have been checked for unknown bits.
#pragma once

#include <string>

#include "fs/fd_num.h"
#include "fs/fd_table.h"
#include "fs/fs_view.h"
#include "fs/node.h"
#include "fs/walk.h"

namespace rawposix::fs {

// Who asks, and from where a relative path starts: AT_FDCWD or a directory's descriptor.
struct PathContext {
  FsView& view;
  FdTable& fds;
  cage::Task* task = nullptr;
  sync::Waiter* waiter = nullptr;

  Caller caller() const { return {view.umask(), task, waiter}; }
  // Where a path starts. The descriptor is looked at for relative paths only: EBADF, ENOTDIR.
  Result<NodeRef> start(FdNum directory, const std::string& path) const;
  Result<Walker> walker(FdNum directory, const std::string& path) const;
  // With an empty path (AT_EMPTY_PATH): the descriptor's own node.
  enum class Empty : uint8_t { kRefused, kAllowed };
  Result<NodeRef> find(FdNum directory, const std::string& path, Follow follow,
                       Empty empty = Empty::kRefused) const;
};

Result<FileRef> open_at(const PathContext& context, FdNum directory, const std::string& path,
                        int flags, mode_t mode);
Result<> make_directory_at(const PathContext& context, FdNum directory, const std::string& path,
                           mode_t mode);
Result<> make_node_at(const PathContext& context, FdNum directory, const std::string& path,
                      mode_t mode, dev_t device);
Result<> make_symlink_at(const PathContext& context, const std::string& target, FdNum directory,
                         const std::string& path);
// `flags`: AT_SYMLINK_FOLLOW, AT_EMPTY_PATH.
Result<> make_link_at(const PathContext& context, FdNum from, const std::string& old_path, FdNum to,
                      const std::string& new_path, int flags);
Result<> remove_at(const PathContext& context, FdNum directory, const std::string& path,
                   RemoveKind kind);
// `flags` are RENAME_*.
Result<> rename_at(const PathContext& context, FdNum from, const std::string& old_path, FdNum to,
                   const std::string& new_path, unsigned flags);

// EROFS if attributes of the node can't be changed where it lies.
Result<> check_writable(const Node& node);
// access(2): Linux's own answer, and EROFS for W_OK on a read-only bind.
Result<> check_access(Node& node, int mode, int flags, const Caller& caller = {});
Result<> change_directory(FsView& view, NodeRef node, const Caller& caller = {});

}  // namespace rawposix::fs
