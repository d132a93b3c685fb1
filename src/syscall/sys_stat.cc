// SPDX-License-Identifier: Apache-2.0
// stat(2), statx(2), statfs(2), access(2)
#include <sys/sysmacros.h>

#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

using Empty = fs::PathContext::Empty;
constexpr FdNum kCwd{AT_FDCWD};

Result<abi::Stat> status_at(Task& task, FdNum directory, const std::string& path, uint32_t flags) {
  if (path.empty() && (flags & AT_EMPTY_PATH) != 0 && directory != kCwd) {
    fs::FdTable::Borrowed file = TRY(task.fds().borrow(directory));
    return file->status();
  }
  fs::Follow follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? fs::Follow::kNo : fs::Follow::kYes;
  Empty empty = (flags & AT_EMPTY_PATH) != 0 ? Empty::kAllowed : Empty::kRefused;
  fs::NodeRef node = TRY(paths(task).find(directory, path, follow, empty));
  // A working directory or a mount's root was looked up long ago.
  if (node.use_count() > 1) return node->status();
  return node->status_when_found();
}

Result<abi::Statx> extended_status_of(fs::File& file, uint32_t flags, uint32_t mask) {
  fs::NodeRef node = file.node();
  if (node != nullptr) return node->extended_status(static_cast<int>(flags), mask);
  abi::Stat status = TRY(file.status());
  return fs::statx_from(status);
}

}  // namespace

Result<> sys_newfstatat(Task& task, FdNum directory, UserString path, UserOut<abi::Stat> status,
                        uint32_t flags) {
  constexpr uint32_t kKnown = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
  if ((flags & ~kKnown) != 0) return Errno(EINVAL);
  std::string name = TRY(read_path(task, path));
  abi::Stat found = TRY(status_at(task, directory, name, flags));
  return task.memory().write(status, found);
}

Result<> sys_stat(Task& task, UserString path, UserOut<abi::Stat> status) {
  return sys_newfstatat(task, kCwd, path, status, 0);
}

Result<> sys_lstat(Task& task, UserString path, UserOut<abi::Stat> status) {
  return sys_newfstatat(task, kCwd, path, status, AT_SYMLINK_NOFOLLOW);
}

Result<> sys_fstat(Task& task, FdNum fd, UserOut<abi::Stat> status) {
  fs::FdTable::Borrowed file = TRY(task.fds().borrow(fd));
  abi::Stat found = TRY(file->status());
  return task.memory().write(status, found);
}

Result<> sys_statx(Task& task, FdNum directory, UserString path, uint32_t flags, uint32_t mask,
                   UserOut<abi::Statx> status) {
  constexpr uint32_t kKnown =
      AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;
  if ((mask & STATX__RESERVED) != 0 || (flags & ~kKnown) != 0) return Errno(EINVAL);
  if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE) return Errno(EINVAL);
  std::string name = TRY(read_path(task, path));
  abi::Statx found{};
  if (name.empty() && (flags & AT_EMPTY_PATH) != 0 && directory != kCwd) {
    fs::FdTable::Borrowed file = TRY(task.fds().borrow(directory));
    found = TRY(extended_status_of(*file, flags, mask));
  } else {
    fs::Follow follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? fs::Follow::kNo : fs::Follow::kYes;
    Empty empty = (flags & AT_EMPTY_PATH) != 0 ? Empty::kAllowed : Empty::kRefused;
    fs::NodeRef node = TRY(paths(task).find(directory, name, follow, empty));
    found = TRY(node->extended_status(static_cast<int>(flags), mask));
  }
  return task.memory().write(status, found);
}

Result<> sys_statfs(Task& task, UserString path, UserOut<abi::Statfs> info) {
  std::string name = TRY(read_path(task, path));
  fs::NodeRef node = TRY(paths(task).find(kCwd, name, fs::Follow::kYes));
  abi::Statfs found = TRY(node->file_system());
  return task.memory().write(info, found);
}

Result<> sys_fstatfs(Task& task, FdNum fd, UserOut<abi::Statfs> info) {
  fs::FdTable::Borrowed file = TRY(task.fds().borrow(fd));
  fs::NodeRef node = file->node();
  if (node == nullptr) return Errno(ENOSYS);
  abi::Statfs found = TRY(node->file_system());
  return task.memory().write(info, found);
}

Result<> sys_faccessat2(Task& task, FdNum directory, UserString path, uint32_t mode,
                        uint32_t flags) {
  constexpr uint32_t kKnown = AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
  if ((mode & ~static_cast<uint32_t>(R_OK | W_OK | X_OK)) != 0) return Errno(EINVAL);
  if ((flags & ~kKnown) != 0) return Errno(EINVAL);
  std::string name = TRY(read_path(task, path));
  fs::Follow follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? fs::Follow::kNo : fs::Follow::kYes;
  Empty empty = (flags & AT_EMPTY_PATH) != 0 ? Empty::kAllowed : Empty::kRefused;
  fs::NodeRef node = TRY(paths(task).find(directory, name, follow, empty));
  return fs::check_access(*node, static_cast<int>(mode), static_cast<int>(flags & AT_EACCESS),
                          paths(task).caller());
}

Result<> sys_faccessat(Task& task, FdNum directory, UserString path, uint32_t mode) {
  return sys_faccessat2(task, directory, path, mode, 0);
}

Result<> sys_access(Task& task, UserString path, uint32_t mode) {
  return sys_faccessat2(task, kCwd, path, mode, 0);
}

}  // namespace rawposix::syscall
