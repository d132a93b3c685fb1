// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "fs/listed_directory.h"
#include "fs/mem_directory.h"

namespace rawposix::fs {

Result<> MemDirectoryFile::set_flags(int flags) {
  constexpr int kChangeable = O_NONBLOCK | O_NOATIME | O_APPEND;
  flags_.store((this->flags() & ~kChangeable) | (flags & kChangeable), std::memory_order_relaxed);
  return {};
}

Result<int64_t> MemDirectoryFile::seek(int64_t offset, int whence) {
  const int64_t position = TRY(position_after(position_.load(), offset, whence));
  position_.store(position);
  return position;
}

Result<size_t> MemDirectoryFile::read_directory(const iovec& records) {
  auto& directory = static_cast<MemDirectory&>(*node_);
  if (directory.is_removed()) return Errno(ENOENT);
  return read_listed(records, position_, directory.inode(), directory.parent_inode(),
                     [&](int64_t after, size_t most) -> Result<std::vector<MemDirectory::Listed>> {
                       return directory.list_after(after, most);
                     });
}

Result<FileRef> MemDirectoryFile::reopen(const OpenRequest& request) {
  return node_->open(request);
}

}  // namespace rawposix::fs
