// SPDX-License-Identifier: Apache-2.0
// Reading of directories whose entries have ascending positions above 2, as those in memory.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "abi/dirent.h"
#include "fs/dirent_writer.h"

namespace rawposix::fs {

// Where lseek(2) goes from `position`, without SEEK_END. EINVAL, EOVERFLOW.
inline Result<int64_t> position_after(int64_t position, int64_t offset, int whence) {
  if (whence == SEEK_CUR) {
    if (__builtin_add_overflow(offset, position, &offset)) return Errno(EOVERFLOW);
  } else if (whence != SEEK_SET) {
    return Errno(EINVAL);
  }
  if (offset < 0) return Errno(EINVAL);
  return offset;
}

// Reads on from `position`. `list_after(position, most)` gives a Result of entries (name, inode,
// kind, position) after a position, ascending.
template <class ListAfter>
Result<size_t> read_listed(const iovec& records, std::atomic<int64_t>& position, uint64_t self,
                           uint64_t parent, ListAfter list_after) {
  constexpr size_t kMostBuffered = 32 * 1024;
  std::vector<std::byte> buffer(std::min(records.iov_len, kMostBuffered));
  DirentWriter writer(buffer);
  int64_t at = position.load();
  // Each entry's own position is what its record names as the one to read after.
  auto add = [&](const std::string& name, uint64_t inode, int64_t next, mode_t kind) {
    if (!writer.add(name, inode, next, kind)) return false;
    at = next;
    return true;
  };
  bool complete = true;
  if (at < 1) complete = add(".", self, 1, S_IFDIR);
  if (complete && at < 2) complete = add("..", parent, 2, S_IFDIR);
  if (complete) {
    const auto entries = TRY(list_after(at, buffer.size() / abi::dirent_size(1) + 1));
    for (const auto& entry : entries) {
      complete = add(entry.name, entry.inode, entry.position, entry.kind);
      if (!complete) break;
    }
  }
  size_t size = TRY(writer.finish(complete));
  TRY(copy_records(records, std::span(buffer).first(size)));
  position.store(at);
  return size;
}

}  // namespace rawposix::fs
