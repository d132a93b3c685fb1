// SPDX-License-Identifier: Apache-2.0
#include "fs/host_node.h"

#include <linux/limits.h>
#include <linux/openat2.h>
#include <linux/xattr.h>

#include <array>
#include <cstring>
#include <string_view>

#include "fs/host_class.h"
#include "fs/host_file.h"
#include "host/file.h"

namespace rawposix::fs {
namespace {

constexpr uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

// Linux refuses file systems by type only where they differ from the mount root's own, which was
// checked when it was bound.
Result<> check_storage(int fd, const Mount& mount, const abi::Stat& status) {
  if (mount.kind == MountKind::kStream) return {};
  if (mount.root != nullptr && mount.root->key().device == status.st_dev) return {};
  abi::Statfs file_system = TRY(host::file_system(fd));
  if (!is_file_storage(file_system, status.st_dev)) return Errno(EACCES);
  return {};
}

// What stays of O_* for a file that exists: names and links are done with.
constexpr int kReopenFlags = abi::kAccessMode | O_APPEND | O_DIRECT | O_DIRECTORY | O_DSYNC |
                             O_SYNC | O_NOATIME | O_NONBLOCK | O_TRUNC;

// A program with these bits runs as its owner, whoever starts it: with them a cage could hand what
// this process may do to other users of the host. So no file of the host's gets them, as if the
// caller had no right to set them (man 2 chmod, of S_ISGID). Directories only pass on their group.
mode_t without_identity(mode_t mode) { return mode & ~static_cast<mode_t>(S_ISUID | S_ISGID); }

mode_t mode_of_new(const OpenRequest& request) {
  return without_identity(request.mode & ~request.caller.umask & 07777);
}

// Attributes that only a privileged process may set, and partly only see (man 7 xattr). Cages are
// none, even if this process is.
bool is_trusted(std::string_view name) { return name.starts_with(XATTR_TRUSTED_PREFIX); }
bool is_privileged(std::string_view name) {
  return is_trusted(name) || name.starts_with(XATTR_SECURITY_PREFIX);
}

bool wants_change(int flags) {
  return (flags & abi::kAccessMode) != O_RDONLY || (flags & O_TRUNC) != 0;
}

}  // namespace

HostNode::HostNode(CountedFd fd, FileRef file, const Mount& mount, const abi::Stat& status)
    : Node(mount, status.st_mode & S_IFMT),
      own_(std::move(fd)),
      file_(std::move(file)),
      fd_(file_ ? file_->host_fd() : own_.get()),
      key_{status.st_dev, status.st_ino},
      found_(status) {}

Result<NodeRef> HostNode::make(UniqueFd fd, const Mount& mount) {
  abi::Stat status = TRY(host::status(fd.get()));
  TRY(check_storage(fd.get(), mount, status));
  CountedFd counted = TRY(mount.space->descriptors().count(std::move(fd)));
  return NodeRef(std::make_shared<HostNode>(std::move(counted), FileRef(), mount, status));
}

Result<NodeRef> HostNode::of_file(FileRef file, const Mount& mount) {
  abi::Stat status = TRY(host::status(file->host_fd()));
  return NodeRef(std::make_shared<HostNode>(CountedFd(), std::move(file), mount, status));
}

Result<abi::Stat> HostNode::status() { return host::status(fd_); }

Result<abi::Statx> HostNode::extended_status(int flags, unsigned mask) {
  return host::extended_status(fd_, flags, mask);
}

Result<abi::Statfs> HostNode::file_system() { return host::file_system(fd_); }

Result<std::string> HostNode::link_target() {
  if (!is_symlink()) return Errno(EINVAL);
  return host::link_target(fd_);
}

Result<std::string> HostNode::path_in_mount() {
  if (mount().kind == MountKind::kStream) return Errno(ENOENT);
  abi::Stat now = TRY(status());
  if (now.st_nlink == 0) return Errno(ENOENT);
  return last_path_in_mount();
}

// The suffix of a removed file's is Linux's own.
Result<std::string> HostNode::last_path_in_mount() {
  if (mount().kind == MountKind::kStream) return Errno(ENOENT);
  std::string here = TRY(host::current_path(fd_));
  std::string top = TRY(host::current_path(static_cast<HostNode&>(*mount().root).fd_));
  if (top == "/") return here == "/" ? std::string() : here;
  if (here == top) return std::string();
  if (here.size() <= top.size() || !here.starts_with(top) || here[top.size()] != '/') {
    return Errno(EXDEV);
  }
  return here.substr(top.size());
}

Result<NodeRef> HostNode::child(const std::string& name, const Caller&) {
  if (!is_directory()) return Errno(ENOTDIR);
  if (mount().kind == MountKind::kStream) return Errno(EACCES);
  UniqueFd fd = TRY(host::open_child(fd_, name.c_str(), O_PATH));
  return make(std::move(fd), mount());
}

// A directory may be moved out of the mount while it is used. So ".." is not what Linux says it is:
// Linux's own idea of where we are is only a hint for a path from the mount's root, which Linux
// then walks and confines, and what it finds must be what ".." is.
Result<NodeRef> HostNode::parent_once() {
  std::string path = TRY(last_path_in_mount());
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return Errno(ENOENT);
  std::string above = slash == 0 ? "." : path.substr(1, slash - 1);
  int root = static_cast<HostNode&>(*mount().root).fd_;
  UniqueFd fd = TRY(host::open_beneath(root, above.c_str(), O_PATH | O_DIRECTORY, kBeneath));
  abi::Stat found = TRY(host::status(fd.get()));
  abi::Stat truth = TRY(host::status_of_child(fd_, ".."));
  if (found.st_dev != truth.st_dev || found.st_ino != truth.st_ino) return Errno(EAGAIN);
  return make(std::move(fd), mount());
}

Result<NodeRef> HostNode::parent() {
  if (!is_directory()) return Errno(ENOTDIR);
  if (mount().kind == MountKind::kStream) return Errno(EACCES);
  // Renames may come between the steps; one that always does is an attack.
  constexpr int kAttempts = 16;
  for (int attempt = 0; attempt < kAttempts; attempt++) {
    Result<NodeRef> found = parent_once();
    if (found.ok()) return found;
    if (found.error() == Errno(EACCES)) return found.error();
    if (found.error() == Errno(EXDEV)) break;
  }
  return Errno(ENOENT);
}

Result<NodeRef> HostNode::descend(const std::string& path) {
  if (!is_directory() || mount().kind == MountKind::kStream) return Errno(EXDEV);
  Result<UniqueFd> fd = host::open_beneath(fd_, path.c_str(), O_PATH | O_NOFOLLOW, kBeneath);
  if (fd.ok()) return make(std::move(fd).value(), mount());
  switch (fd.error().number()) {
    case ELOOP:   // a link: ours to follow
    case EAGAIN:  // ".." and a rename
    case ENOSYS:
      return Errno(EXDEV);
    default:
      return fd.error();
  }
}

Result<FileRef> HostNode::open(const OpenRequest& request) {
  const bool changes = wants_change(request.flags);
  if (is_directory() && changes) return Errno(EISDIR);
  if (is_symlink()) return Errno(ELOOP);
  if (S_ISSOCK(kind())) return Errno(ENXIO);
  const bool stream = mount().kind == MountKind::kStream;
  if ((S_ISCHR(kind()) || S_ISBLK(kind())) && !stream &&
      !is_harmless_device(kind(), found_.st_rdev)) {
    return Errno(EACCES);
  }
  if (changes && mount().read_only() && S_ISREG(kind())) return Errno(EROFS);
  CountedFd fd = TRY(descriptors().open([&] { return reopen(request); }));
  // Not one that was bound by its name: then it was given.
  if (is_own_terminal(kind(), found_.st_rdev) && !stream && !mount().is_root(*this)) {
    TRY(mount().space->terminals().check(fd.get(), request.flags));
  }
  if (!is_directory() || stream) {
    const FileKind file_kind = kind_of_device(kind(), fd.get());
    return make_file<HostFile>(std::move(fd), mount(), nullptr, file_kind);
  }
  return make_file<HostDirectory>(std::move(fd), shared_from_this());
}

// A named pipe may wait for its other end (man 7 fifo).
Result<UniqueFd> HostNode::reopen(const OpenRequest& request) const {
  const int flags = request.flags & kReopenFlags;
  if (!S_ISFIFO(kind()) || request.caller.waiter == nullptr) return host::reopen(fd_, flags);
  return request.caller.waiter->host_call(
      [&](const host::StopWord& stop) { return host::reopen(fd_, flags, stop); });
}

// New files get exactly the mode that the cage asked for, less its own umask: what the host
// process's umask took away is put back.
Result<> HostNode::restore_mode(int fd, mode_t wanted) const {
  if ((wanted & mount().space->host_umask()) == 0) return {};
  return host::change_mode(fd, wanted);
}

Result<> HostNode::restore_mode_of_child(const std::string& name, mode_t wanted) const {
  if ((wanted & mount().space->host_umask()) == 0) return {};
  UniqueFd fd = TRY(host::open_child(fd_, name.c_str(), O_PATH));
  return host::change_mode(fd.get(), wanted);
}

Result<FileRef> HostNode::create(const std::string& name, const OpenRequest& request) {
  mode_t mode = mode_of_new(request);
  int flags = (request.flags & kReopenFlags & ~O_DIRECTORY) | O_CREAT | O_EXCL;
  CountedFd fd =
      TRY(descriptors().open([&] { return host::open_child(fd_, name.c_str(), flags, mode); }));
  TRY(restore_mode(fd.get(), mode));
  return make_file<HostFile>(std::move(fd), mount());
}

Result<FileRef> HostNode::create_unnamed(const OpenRequest& request) {
  mode_t mode = mode_of_new(request);
  int flags = (request.flags & kReopenFlags) | O_TMPFILE | (request.flags & O_EXCL);
  CountedFd fd = TRY(descriptors().open([&] { return host::open_child(fd_, ".", flags, mode); }));
  TRY(restore_mode(fd.get(), mode));
  return make_file<HostFile>(std::move(fd), mount());
}

Result<> HostNode::make_directory(const std::string& name, mode_t mode) {
  TRY(host::make_directory(fd_, name.c_str(), mode));
  return restore_mode_of_child(name, mode);
}

Result<> HostNode::make_node(const std::string& name, mode_t mode, dev_t) {
  mode_t kind = mode & S_IFMT;
  // Even a host root's cage makes no devices.
  if (kind == S_IFCHR || kind == S_IFBLK) return Errno(EPERM);
  mode = without_identity(mode);
  TRY(host::make_node(fd_, name.c_str(), mode));
  return restore_mode_of_child(name, mode & 07777);
}

Result<> HostNode::make_symlink(const std::string& name, const std::string& target) {
  return host::make_symlink(target.c_str(), fd_, name.c_str());
}

Result<> HostNode::make_link(const std::string& name, Node& file) {
  return host::make_link(static_cast<HostNode&>(file).fd_, fd_, name.c_str());
}

Result<> HostNode::remove(const std::string& name, RemoveKind kind) {
  return host::remove(fd_, name.c_str(), kind == RemoveKind::kDirectory ? AT_REMOVEDIR : 0);
}

Result<> HostNode::rename(const std::string& name, Node& to, const std::string& new_name,
                          unsigned flags) {
  int target = static_cast<HostNode&>(to).fd_;
  return host::rename(fd_, name.c_str(), target, new_name.c_str(), flags);
}

Result<> HostNode::set_mode(mode_t mode) {
  // chmod(2) of a link reached by its descriptor: Linux 6.6 on says EOPNOTSUPP, older ones vary.
  if (is_symlink()) return Errno(EOPNOTSUPP);
  return host::change_mode(fd_, is_directory() ? mode : without_identity(mode));
}

Result<> HostNode::set_owner(uid_t user, gid_t group) {
  return host::change_owner(fd_, user, group);
}

Result<> HostNode::set_times(const timespec times[2]) { return host::change_times(fd_, times); }

Result<> HostNode::truncate(int64_t size) {
  if (is_directory()) return Errno(EISDIR);
  if (!S_ISREG(kind())) return Errno(EINVAL);
  return host::truncate_of(fd_, size);
}

Result<> HostNode::check_access(int mode, int flags, const Caller&) {
  return host::check_access(fd_, mode, flags);
}

Result<size_t> HostNode::get_attribute(const char* name, std::span<std::byte> value) {
  if (is_trusted(name)) return Errno(ENODATA);
  return host::get_attribute(fd_, name, value);
}

Result<> HostNode::set_attribute(const char* name, std::span<const std::byte> value, int flags) {
  if (is_privileged(name)) return Errno(EPERM);
  return host::set_attribute(fd_, name, value, flags);
}

Result<size_t> HostNode::list_attributes(std::span<std::byte> names) {
  std::array<std::byte, XATTR_LIST_MAX> all;
  size_t size = TRY(host::list_attributes(fd_, all));
  // SAFETY: bytes viewed as characters.
  std::string_view left(reinterpret_cast<const char*>(all.data()), size);
  std::string shown;
  while (!left.empty()) {
    std::string_view name = left.substr(0, left.find('\0') + 1);  // with its NUL
    if (!is_trusted(name)) shown += name;
    left.remove_prefix(name.size());
  }
  if (names.empty()) return shown.size();
  if (shown.size() > names.size()) return Errno(ERANGE);
  std::memcpy(names.data(), shown.data(), shown.size());
  return shown.size();
}

Result<> HostNode::remove_attribute(const char* name) {
  if (is_privileged(name)) return Errno(EPERM);
  return host::remove_attribute(fd_, name);
}

}  // namespace rawposix::fs
