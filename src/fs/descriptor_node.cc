// SPDX-License-Identifier: Apache-2.0
// /dev/fd. Its entries are the files behind the descriptors of whoever looks, where Linux has
// links into /proc.
#include <charconv>

#include "fs/dirent_writer.h"
#include "fs/fd_table.h"
#include "fs/mem_directory.h"
#include "fs/mem_node.h"

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
  Result<std::string> path_in_mount() override { return Errno(ENOENT); }
  Node* as_link_source() override { return place_ != nullptr ? place_->as_link_source() : nullptr; }
  Result<FileRef> open(const OpenRequest& request) override { return file_->reopen(request.flags); }
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
  Result<> check_access(int mode, int flags) override {
    if (place_ == nullptr) return {};
    return place_->check_access(mode, flags);
  }

 private:
  const FileRef file_;
  const NodeRef place_;  // the file's own node, if it has one
  const NodeKey key_;
};

// The numbers as they were when the directory was opened.
class DescriptorListing final : public File {
 public:
  DescriptorListing(NodeRef node, int flags, std::vector<int> numbers)
      : node_(std::move(node)), flags_(flags), numbers_(std::move(numbers)) {}
  int flags() const override { return flags_; }
  Result<> set_flags(int) override { return {}; }
  NodeRef node() override { return node_; }

  Result<int64_t> seek(int64_t offset, int whence) override {
    MutexLock lock(mutex_);
    if (whence == SEEK_CUR) offset += position_;
    if (offset < 0 || whence == SEEK_END) return Errno(EINVAL);
    position_ = offset;
    return offset;
  }

  Result<size_t> read_directory(const iovec& records) override {
    std::vector<std::byte> buffer(std::min(records.iov_len, size_t{64 * 1024}));
    DirentWriter writer(buffer);
    const auto count = static_cast<int64_t>(numbers_.size());
    bool complete = true;
    {
      MutexLock lock(mutex_);
      for (; position_ < count + 2; position_++) {
        int64_t index = position_ - 2;
        std::string name = position_ == 0   ? "."
                           : position_ == 1 ? ".."
                                            : std::to_string(numbers_[static_cast<size_t>(index)]);
        mode_t kind = position_ < 2 ? S_IFDIR : S_IFLNK;
        complete = writer.add(name, node_->key().inode, position_ + 1, kind);
        if (!complete) break;
      }
    }
    size_t size = TRY(writer.finish(complete));
    TRY(copy_records(records, std::span(buffer).first(size)));
    return size;
  }

 private:
  const NodeRef node_;
  const int flags_;
  const std::vector<int> numbers_;
  Mutex mutex_{LockRank::kOpenFile};
  int64_t position_ GUARDED_BY(mutex_) = 0;
};

}  // namespace

Result<NodeRef> DescriptorDirectory::child(const std::string& name, const Caller& caller) {
  int number = -1;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size() && number >= 0;
  if (!is_number || caller.fds == nullptr || std::to_string(number) != name) return Errno(ENOENT);
  Result<FileRef> file = caller.fds->get(FdNum{number});
  if (!file.ok()) return Errno(ENOENT);
  NodeRef place = file.value()->node();
  if (place != nullptr && place->is_directory() && place->mount().kind != MountKind::kStream) {
    return place;
  }
  // A descriptor that only names a file: what it names, so that no chain of such names can grow.
  if (place != nullptr && file.value()->is_path()) return place;
  abi::Stat status = TRY(file.value()->status());
  const Mount& where = place != nullptr ? place->mount() : mount();
  return NodeRef(std::make_shared<DescriptorNode>(std::move(file).value(), place, where, status));
}

Result<NodeRef> DescriptorDirectory::parent() {
  NodeRef parent = parent_.lock();
  if (parent == nullptr) return Errno(ENOENT);
  return parent;
}

Result<FileRef> DescriptorDirectory::open(const OpenRequest& request) {
  if ((request.flags & abi::kAccessMode) != O_RDONLY) return Errno(EISDIR);
  std::vector<int> numbers;
  if (request.caller.fds != nullptr) numbers = request.caller.fds->numbers();
  return make_file<DescriptorListing>(
      shared_from_this(), O_RDONLY | abi::kOpenLargeFile | O_DIRECTORY, std::move(numbers));
}

}  // namespace rawposix::fs
