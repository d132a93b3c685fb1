// SPDX-License-Identifier: Apache-2.0
// getxattr(2), setxattr(2), listxattr(2), removexattr(2)
#include <linux/limits.h>
#include <sys/xattr.h>

#include <algorithm>
#include <vector>

#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

constexpr FdNum kCwd{AT_FDCWD};

Result<fs::NodeRef> node_at(Task& task, UserString path, fs::Follow follow) {
  std::string name = TRY(read_path(task, path));
  return paths(task).find(kCwd, name, follow);
}

Result<fs::NodeRef> node_of(Task& task, FdNum fd) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  fs::NodeRef node = file->node();
  if (node == nullptr) return Errno(EOPNOTSUPP);
  return node;
}

// ERANGE for an empty name and one above XATTR_NAME_MAX.
Result<std::string> read_name(Task& task, UserString name) {
  Result<std::string> text = task.memory().copy_string(name, XATTR_NAME_MAX + 1);
  if (!text.ok()) return text.error() == Errno(ENAMETOOLONG) ? Errno(ERANGE) : text.error();
  if (text.value().empty()) return Errno(ERANGE);
  return text;
}

// With size 0 the caller only asks how much there is.
Result<int64_t> get(Task& task, fs::Node& node, UserString name, GuestAddr value, uint64_t size) {
  std::string text = TRY(read_name(task, name));
  std::vector<std::byte> buffer(std::min<uint64_t>(size, XATTR_SIZE_MAX));
  size_t count = TRY(node.get_attribute(text.c_str(), buffer));
  if (size != 0) TRY(task.memory().copy_out(value, buffer.data(), count));
  return static_cast<int64_t>(count);
}

Result<> set(Task& task, fs::Node& node, UserString name, GuestAddr value, uint64_t size,
             uint32_t flags) {
  if ((flags & ~static_cast<uint32_t>(XATTR_CREATE | XATTR_REPLACE)) != 0) return Errno(EINVAL);
  std::string text = TRY(read_name(task, name));
  if (size > XATTR_SIZE_MAX) return Errno(E2BIG);
  std::vector<std::byte> buffer(size);
  TRY(task.memory().copy_in(buffer.data(), value, size));
  TRY(fs::check_writable(node));
  return node.set_attribute(text.c_str(), buffer, static_cast<int>(flags));
}

Result<int64_t> list(Task& task, fs::Node& node, GuestAddr names, uint64_t size) {
  std::vector<std::byte> buffer(std::min<uint64_t>(size, XATTR_LIST_MAX));
  size_t count = TRY(node.list_attributes(buffer));
  if (size != 0) TRY(task.memory().copy_out(names, buffer.data(), count));
  return static_cast<int64_t>(count);
}

Result<> remove(Task& task, fs::Node& node, UserString name) {
  std::string text = TRY(read_name(task, name));
  TRY(fs::check_writable(node));
  return node.remove_attribute(text.c_str());
}

}  // namespace

Result<int64_t> sys_getxattr(Task& task, UserString path, UserString name, GuestAddr value,
                             uint64_t size) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kYes));
  return get(task, *node, name, value, size);
}

Result<int64_t> sys_lgetxattr(Task& task, UserString path, UserString name, GuestAddr value,
                              uint64_t size) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kNo));
  return get(task, *node, name, value, size);
}

Result<int64_t> sys_fgetxattr(Task& task, FdNum fd, UserString name, GuestAddr value,
                              uint64_t size) {
  fs::NodeRef node = TRY(node_of(task, fd));
  return get(task, *node, name, value, size);
}

Result<> sys_setxattr(Task& task, UserString path, UserString name, GuestAddr value, uint64_t size,
                      uint32_t flags) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kYes));
  return set(task, *node, name, value, size, flags);
}

Result<> sys_lsetxattr(Task& task, UserString path, UserString name, GuestAddr value, uint64_t size,
                       uint32_t flags) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kNo));
  return set(task, *node, name, value, size, flags);
}

Result<> sys_fsetxattr(Task& task, FdNum fd, UserString name, GuestAddr value, uint64_t size,
                       uint32_t flags) {
  fs::NodeRef node = TRY(node_of(task, fd));
  return set(task, *node, name, value, size, flags);
}

Result<int64_t> sys_listxattr(Task& task, UserString path, GuestAddr names, uint64_t size) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kYes));
  return list(task, *node, names, size);
}

Result<int64_t> sys_llistxattr(Task& task, UserString path, GuestAddr names, uint64_t size) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kNo));
  return list(task, *node, names, size);
}

Result<int64_t> sys_flistxattr(Task& task, FdNum fd, GuestAddr names, uint64_t size) {
  fs::NodeRef node = TRY(node_of(task, fd));
  return list(task, *node, names, size);
}

Result<> sys_removexattr(Task& task, UserString path, UserString name) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kYes));
  return remove(task, *node, name);
}

Result<> sys_lremovexattr(Task& task, UserString path, UserString name) {
  fs::NodeRef node = TRY(node_at(task, path, fs::Follow::kNo));
  return remove(task, *node, name);
}

Result<> sys_fremovexattr(Task& task, FdNum fd, UserString name) {
  fs::NodeRef node = TRY(node_of(task, fd));
  return remove(task, *node, name);
}

}  // namespace rawposix::syscall
