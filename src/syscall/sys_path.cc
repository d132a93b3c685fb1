// SPDX-License-Identifier: Apache-2.0
// mkdir(2), rmdir(2), unlink(2), mknod(2), link(2), symlink(2), readlink(2), rename(2)
#include <algorithm>

#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

constexpr FdNum kCwd{AT_FDCWD};

Result<> remove(Task& task, FdNum directory, UserString path, fs::RemoveKind kind) {
  std::string name = TRY(read_path(task, path));
  return fs::remove_at(paths(task), directory, name, kind);
}

}  // namespace

Result<> sys_mkdirat(Task& task, FdNum directory, UserString path, uint32_t mode) {
  std::string name = TRY(read_path(task, path));
  return fs::make_directory_at(paths(task), directory, name, mode);
}

Result<> sys_mkdir(Task& task, UserString path, uint32_t mode) {
  return sys_mkdirat(task, kCwd, path, mode);
}

Result<> sys_rmdir(Task& task, UserString path) {
  return remove(task, kCwd, path, fs::RemoveKind::kDirectory);
}

Result<> sys_unlink(Task& task, UserString path) {
  return remove(task, kCwd, path, fs::RemoveKind::kFile);
}

Result<> sys_unlinkat(Task& task, FdNum directory, UserString path, uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(AT_REMOVEDIR)) != 0) return Errno(EINVAL);
  return remove(task, directory, path,
                flags != 0 ? fs::RemoveKind::kDirectory : fs::RemoveKind::kFile);
}

Result<> sys_mknodat(Task& task, FdNum directory, UserString path, uint32_t mode, uint32_t device) {
  std::string name = TRY(read_path(task, path));
  return fs::make_node_at(paths(task), directory, name, mode, device);
}

Result<> sys_mknod(Task& task, UserString path, uint32_t mode, uint32_t device) {
  return sys_mknodat(task, kCwd, path, mode, device);
}

Result<> sys_linkat(Task& task, FdNum from, UserString old_path, FdNum to, UserString new_path,
                    uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0) {
    return Errno(EINVAL);
  }
  std::string old_name = TRY(read_path(task, old_path));
  std::string new_name = TRY(read_path(task, new_path));
  return fs::make_link_at(paths(task), from, old_name, to, new_name, static_cast<int>(flags));
}

Result<> sys_link(Task& task, UserString old_path, UserString new_path) {
  return sys_linkat(task, kCwd, old_path, kCwd, new_path, 0);
}

Result<> sys_symlinkat(Task& task, UserString target, FdNum directory, UserString path) {
  std::string text = TRY(read_path(task, target));
  std::string name = TRY(read_path(task, path));
  return fs::make_symlink_at(paths(task), text, directory, name);
}

Result<> sys_symlink(Task& task, UserString target, UserString path) {
  return sys_symlinkat(task, target, kCwd, path);
}

Result<int64_t> sys_readlinkat(Task& task, FdNum directory, UserString path, GuestAddr buffer,
                               int32_t size) {
  if (size <= 0) return Errno(EINVAL);
  std::string name = TRY(read_path(task, path));
  // An empty path means the link that the descriptor was opened on, without any flag.
  fs::NodeRef node =
      TRY(paths(task).find(directory, name, fs::Follow::kNo, fs::PathContext::Empty::kAllowed));
  if (!node->is_symlink()) return Errno(name.empty() ? ENOENT : EINVAL);
  std::string target = TRY(node->link_target());
  size_t length = std::min(target.size(), static_cast<size_t>(size));
  TRY(task.memory().copy_out(buffer, target.data(), length));
  return static_cast<int64_t>(length);
}

Result<int64_t> sys_readlink(Task& task, UserString path, GuestAddr buffer, int32_t size) {
  return sys_readlinkat(task, kCwd, path, buffer, size);
}

Result<> sys_renameat2(Task& task, FdNum from, UserString old_path, FdNum to, UserString new_path,
                       uint32_t flags) {
  std::string old_name = TRY(read_path(task, old_path));
  std::string new_name = TRY(read_path(task, new_path));
  return fs::rename_at(paths(task), from, old_name, to, new_name, flags);
}

Result<> sys_renameat(Task& task, FdNum from, UserString old_path, FdNum to, UserString new_path) {
  return sys_renameat2(task, from, old_path, to, new_path, 0);
}

Result<> sys_rename(Task& task, UserString old_path, UserString new_path) {
  return sys_renameat2(task, kCwd, old_path, kCwd, new_path, 0);
}

}  // namespace rawposix::syscall
