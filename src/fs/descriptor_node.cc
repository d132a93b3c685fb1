// SPDX-License-Identifier: Apache-2.0
#include "fs/descriptor_node.h"

#include <linux/major.h>
#include <sys/sysmacros.h>

#include "fs/mount.h"

namespace rawposix::fs {
namespace {

class DescriptorNode final : public Node {
 public:
  DescriptorNode(FileRef file, NodeRef place, const Mount& mount, const abi::Stat& status)
      : Node(mount, status.st_mode & S_IFMT),
        file_(std::move(file)),
        place_(std::move(place)),
        key_{status.st_dev, status.st_ino} {}

  NodeKey key() const override { return key_; }
  Result<abi::Stat> status() override { return file_->status(); }
  Result<abi::Statfs> file_system() override {
    if (place_ == nullptr) return Errno(ENOSYS);
    return place_->file_system();
  }
  Result<std::string> path_in_mount() override {
    if (place_ == nullptr) return Errno(ENOENT);
    return place_->path_in_mount();
  }
  Result<std::string> last_path_in_mount() override {
    if (place_ == nullptr) return Errno(ENOENT);
    return place_->last_path_in_mount();
  }
  Node* as_link_source() override { return place_ != nullptr ? place_->as_link_source() : nullptr; }
  Result<FileRef> open(const OpenRequest& request) override { return file_->reopen(request); }
  Result<> set_mode(mode_t mode) override {
    if (place_ == nullptr) return Errno(EPERM);
    return place_->set_mode(mode);
  }
  Result<> set_owner(uid_t user, gid_t group) override {
    if (place_ == nullptr) return Errno(EPERM);
    return place_->set_owner(user, group);
  }
  Result<> set_times(const timespec times[2]) override {
    if (place_ == nullptr) return Errno(EPERM);
    return place_->set_times(times);
  }
  Result<> check_access(int mode, int flags, const Caller& caller) override {
    if (place_ == nullptr) return {};
    return place_->check_access(mode, flags, caller);
  }

 private:
  const FileRef file_;
  const NodeRef place_;  // the file's own node, if it has one
  const NodeKey key_;
};

// Of a file that was handed over open.
std::string name_of_stream(const abi::Stat& status) {
  auto numbered = [&](const char* kind) {
    return std::string(kind) + ":[" + std::to_string(status.st_ino) + "]";
  };
  const unsigned number = minor(status.st_rdev);
  switch (status.st_mode & S_IFMT) {
    case S_IFIFO:
      return numbered("pipe");
    case S_IFSOCK:
      return numbered("socket");
    case S_IFCHR:
      if (status.st_rdev == makedev(1, 3)) return "/dev/null";
      if (status.st_rdev == makedev(5, 0)) return "/dev/tty";
      if (major(status.st_rdev) == TTY_MAJOR) return "/dev/tty" + std::to_string(number);
      if (major(status.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR &&
          major(status.st_rdev) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT) {
        return "/dev/pts/" + std::to_string(number);
      }
      break;
    default:
      break;
  }
  // A file of the host's: where it lies there is none of the cage's business.
  return "(unreachable)/";
}

}  // namespace

std::string shown_name(File& file) {
  if (file.is(FileKind::kSignals)) return "anon_inode:[signalfd]";
  if (file.is(FileKind::kProcess)) return "anon_inode:[pidfd]";
  NodeRef place = file.node();
  if (place != nullptr && place->mount().kind != MountKind::kStream) {
    return place->mount().space->shown_path(*place).value_or("(unreachable)/");
  }
  Result<abi::Stat> status = file.status();
  return status.ok() ? name_of_stream(status.value()) : "(unreachable)/";
}

Result<NodeRef> node_behind(FileRef file, const Mount& mount) {
  NodeRef place = file->node();
  if (place != nullptr && place->is_directory() && place->mount().kind != MountKind::kStream) {
    return place;
  }
  // A descriptor that only names a file: what it names, so that no chain of such names can grow.
  if (place != nullptr && file->is_path()) return place;
  abi::Stat status = TRY(file->status());
  const Mount& where = place != nullptr ? place->mount() : mount;
  return NodeRef(std::make_shared<DescriptorNode>(std::move(file), place, where, status));
}

}  // namespace rawposix::fs
