// SPDX-License-Identifier: Apache-2.0
#include "fs/file_copy.h"

#include <algorithm>
#include <vector>

#include "fs/node.h"
#include "host/file.h"

namespace rawposix::fs {
namespace {

constexpr size_t kBuffer = 64 * 1024;

Result<size_t> read_part(sync::Waiter& waiter, File& from, int64_t* offset, const iovec& part) {
  if (offset == nullptr) return from.read(waiter, {&part, 1});
  size_t count = TRY(from.read_at({&part, 1}, *offset, 0));
  *offset += static_cast<int64_t>(count);
  return count;
}

Result<size_t> write_part(sync::Waiter& waiter, File& to, int64_t* offset, const iovec& part) {
  if (offset == nullptr) return to.write(waiter, {&part, 1});
  size_t count = TRY(to.write_at({&part, 1}, *offset, 0));
  *offset += static_cast<int64_t>(count);
  return count;
}

// What was read but not written is read again the next time.
void go_back(File& from, int64_t* offset, size_t count) {
  if (count == 0) return;
  const auto back = static_cast<int64_t>(count);
  if (offset != nullptr) {
    *offset -= back;
  } else {
    static_cast<void>(from.seek(-back, SEEK_CUR));
  }
}

Result<size_t> copy_through(sync::Waiter& waiter, File& from, int64_t* from_offset, File& to,
                            int64_t* to_offset, uint64_t size) {
  size = std::min(size, kMostTransferred);
  std::vector<std::byte> buffer(std::min<uint64_t>(size, kBuffer));
  size_t done = 0;
  while (done < size) {
    iovec part{buffer.data(), std::min<uint64_t>(size - done, buffer.size())};
    Result<size_t> loaded = read_part(waiter, from, from_offset, part);
    if (!loaded.ok() && done == 0) return loaded;
    part.iov_len = loaded.value_or(0);
    if (part.iov_len == 0) break;
    Result<size_t> stored = write_part(waiter, to, to_offset, part);
    go_back(from, from_offset, part.iov_len - stored.value_or(0));
    if (!stored.ok() && done == 0) return stored;
    done += stored.value_or(0);
    if (stored.value_or(0) < part.iov_len) break;
  }
  return done;
}

// Whether both ranges are of one file and have bytes in common.
Result<bool> overlap(File& from, const int64_t* from_offset, File& to, const int64_t* to_offset,
                     uint64_t size) {
  const NodeRef a = from.node();
  const NodeRef b = to.node();
  if (a == nullptr || b == nullptr || a->key() != b->key()) return false;
  const int64_t start = from_offset != nullptr ? *from_offset : TRY(from.seek(0, SEEK_CUR));
  const int64_t target = to_offset != nullptr ? *to_offset : TRY(to.seek(0, SEEK_CUR));
  const auto distance = static_cast<uint64_t>(start > target ? start - target : target - start);
  return distance < size;
}

bool is_readable(const File& file) { return (file.flags() & abi::kAccessMode) != O_WRONLY; }
bool is_writable(const File& file) { return (file.flags() & abi::kAccessMode) != O_RDONLY; }

Result<bool> is_regular(File& file) {
  abi::Stat status = TRY(file.status());
  return S_ISREG(status.st_mode);
}

bool both_of_linux(const File& a, const File& b) { return a.host_fd() >= 0 && b.host_fd() >= 0; }

}  // namespace

Result<size_t> send_file(sync::Waiter& waiter, File& to, File& from, int64_t* offset,
                         uint64_t size) {
  if (both_of_linux(to, from)) {
    return waiter.host_call([&](const host::StopWord& stop) {
      return host::send_file(to.host_fd(), from.host_fd(), offset, size, stop);
    });
  }
  if (!is_readable(from) || !is_writable(to)) return Errno(EBADF);
  // From what could be mapped (man 2 sendfile).
  const bool from_regular = TRY(is_regular(from));
  if (!from_regular || (to.flags() & O_APPEND) != 0) return Errno(EINVAL);
  if (offset != nullptr && *offset < 0) return Errno(EINVAL);
  return copy_through(waiter, from, offset, to, nullptr, size);
}

Result<size_t> copy_range(sync::Waiter& waiter, File& from, int64_t* from_offset, File& to,
                          int64_t* to_offset, uint64_t size) {
  if (both_of_linux(to, from)) {
    return host::copy_range(from.host_fd(), from_offset, to.host_fd(), to_offset, size);
  }
  if (!is_readable(from) || !is_writable(to)) return Errno(EBADF);
  if ((to.flags() & O_APPEND) != 0) return Errno(EBADF);
  for (File* file : {&from, &to}) {
    abi::Stat status = TRY(file->status());
    if (S_ISDIR(status.st_mode)) return Errno(EISDIR);
    if (!S_ISREG(status.st_mode)) return Errno(EINVAL);
  }
  for (const int64_t* offset : {from_offset, to_offset}) {
    if (offset != nullptr && *offset < 0) return Errno(EINVAL);
  }
  const bool onto_itself = TRY(overlap(from, from_offset, to, to_offset, size));
  if (onto_itself) return Errno(EINVAL);
  return copy_through(waiter, from, from_offset, to, to_offset, size);
}

Result<size_t> splice(sync::Waiter& waiter, File& from, int64_t* from_offset, File& to,
                      int64_t* to_offset, uint64_t size, uint32_t flags) {
  if (!both_of_linux(from, to)) return Errno(EINVAL);
  return waiter.host_call([&](const host::StopWord& stop) {
    return host::splice_files(from.host_fd(), from_offset, to.host_fd(), to_offset, size, flags,
                              stop);
  });
}

}  // namespace rawposix::fs
