// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "abi/dirent.h"
#include "fs/dirent_writer.h"
#include "fs/mem_directory.h"

namespace rawposix::fs {
namespace {

constexpr size_t kMostBuffered = 32 * 1024;

}  // namespace

Result<> MemDirectoryFile::set_flags(int flags) {
  constexpr int kChangeable = O_NONBLOCK | O_NOATIME | O_APPEND;
  flags_.store((this->flags() & ~kChangeable) | (flags & kChangeable), std::memory_order_relaxed);
  return {};
}

Result<int64_t> MemDirectoryFile::seek(int64_t offset, int whence) {
  if (whence == SEEK_CUR) {
    if (__builtin_add_overflow(offset, position_.load(), &offset)) return Errno(EOVERFLOW);
  } else if (whence != SEEK_SET) {
    return Errno(EINVAL);
  }
  if (offset < 0) return Errno(EINVAL);
  position_.store(offset);
  return offset;
}

Result<size_t> MemDirectoryFile::read_directory(const iovec& records) {
  std::vector<std::byte> buffer(std::min(records.iov_len, kMostBuffered));
  DirentWriter writer(buffer);
  auto& directory = static_cast<MemDirectory&>(*node_);
  if (directory.is_removed()) return Errno(ENOENT);
  int64_t at = position_.load();
  // Each entry's own position is what its record names as the one to read after.
  auto add = [&](const std::string& name, uint64_t inode, int64_t position, mode_t kind) {
    if (!writer.add(name, inode, position, kind)) return false;
    at = position;
    return true;
  };
  bool complete = true;
  if (at < 1) complete = add(".", directory.inode(), 1, S_IFDIR);
  if (complete && at < 2) complete = add("..", directory.parent_inode(), 2, S_IFDIR);
  if (complete) {
    const size_t most = buffer.size() / abi::dirent_size(1) + 1;
    for (const MemDirectory::Listed& entry : directory.list_after(at, most)) {
      complete = add(entry.name, entry.inode, entry.position, entry.kind);
      if (!complete) break;
    }
  }
  size_t size = TRY(writer.finish(complete));
  TRY(copy_records(records, std::span(buffer).first(size)));
  position_.store(at);
  return size;
}

Result<FileRef> MemDirectoryFile::reopen(const OpenRequest& request) {
  return node_->open(request);
}

}  // namespace rawposix::fs
