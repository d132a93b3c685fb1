// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "abi/dirent.h"
#include "fs/dirent_writer.h"
#include "fs/host_file.h"
#include "host/file.h"

namespace rawposix::fs {
namespace {

// Positions of entries that only we know. Linux's own are below: file systems use small numbers, or
// hashes that end at 2^63 - 1 (ext4), of which these few are not worth a thought.
constexpr int64_t kExtraStart = INT64_MAX - (1 << 20);
constexpr size_t kMostBuffered = 64 * 1024;

// The inode of ".." in a mount's root would tell something about the host's tree.
void set_parent_inode(std::span<std::byte> records, uint64_t inode) {
  size_t at = 0;
  while (at + abi::kDirentNameOffset < records.size()) {
    abi::DirentHeader header;
    std::memcpy(&header, &records[at], sizeof header);
    constexpr std::string_view kParent("..\0", 3);  // with its NUL
    if (std::memcmp(&records[at + abi::kDirentNameOffset], kParent.data(), kParent.size()) == 0) {
      header.inode = inode;
      std::memcpy(&records[at], &header, sizeof header);
      return;
    }
    if (header.record_size == 0) return;
    at += header.record_size;
  }
}

}  // namespace

HostDirectory::HostDirectory(CountedFd fd, const NodeRef& node)
    : HostFile(std::move(fd), node->mount(), node), is_mount_root_(node->mount().is_root(*node)) {
  for (const Mount::Inner& inner : mount_.inner) {
    if (inner.directory != node->key()) continue;
    if (!host::status_of_child(fd_.get(), inner.name.c_str()).ok()) extra_.push_back(&inner);
  }
}

Result<size_t> HostDirectory::read_directory(const iovec& records) {
  if (!is_mount_root_ && extra_.empty()) return HostFile::read_directory(records);
  return read_edited(records);
}

Result<size_t> HostDirectory::read_edited(const iovec& records) {
  std::vector<std::byte> buffer(std::min(records.iov_len, kMostBuffered));
  size_t size = 0;
  {
    MutexLock lock(mutex_);
    if (!in_extra_) {
      size = TRY(host::read_directory(fd_.get(), std::span(buffer)));
      in_extra_ = size == 0;
    }
    if (in_extra_) size = TRY(read_extra(buffer));
  }
  if (is_mount_root_) {
    const NodeRef& above = mount_.outer_directory;
    uint64_t inode = above != nullptr ? above->key().inode : node_->key().inode;
    set_parent_inode(std::span(buffer).first(size), inode);
  }
  TRY(copy_records(records, std::span(buffer).first(size)));
  return size;
}

Result<size_t> HostDirectory::read_extra(std::span<std::byte> records) {
  DirentWriter writer(records);
  while (next_extra_ < extra_.size()) {
    const Mount::Inner& inner = *extra_[next_extra_];
    auto next = static_cast<int64_t>(next_extra_ + 1);
    const Node& root = *inner.mount->root;
    if (!writer.add(inner.name, root.key().inode, kExtraStart + next, root.kind())) break;
    next_extra_++;
  }
  return writer.finish(next_extra_ == extra_.size());
}

Result<int64_t> HostDirectory::seek(int64_t offset, int whence) {
  MutexLock lock(mutex_);
  const auto extras = static_cast<int64_t>(extra_.size());
  int64_t here = kExtraStart + static_cast<int64_t>(next_extra_);
  if (whence == SEEK_CUR && in_extra_) {
    if (offset == 0) return here;
    offset += here;
    whence = SEEK_SET;
  }
  if (whence == SEEK_SET && offset >= kExtraStart && offset <= kExtraStart + extras &&
      !extra_.empty()) {
    in_extra_ = true;
    next_extra_ = static_cast<size_t>(offset - kExtraStart);
    return offset;
  }
  int64_t position = TRY(HostFile::seek(offset, whence));
  in_extra_ = false;
  next_extra_ = 0;
  return position;
}

}  // namespace rawposix::fs
