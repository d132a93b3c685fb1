// SPDX-License-Identifier: Apache-2.0
// lseek(2), truncate(2), fallocate(2), fsync(2), sync(2), sync_file_range(2), posix_fadvise(2),
// readahead(2)
#include <linux/falloc.h>

#include "host/file.h"
#include "syscall/file_limit.h"

namespace rawposix::syscall {
namespace {

// For files that Linux knows nothing of: regular ones have their content in memory.
Result<> nothing_to_do(fs::File& file, int error) {
  abi::Stat status = TRY(file.status());
  if (!S_ISREG(status.st_mode)) return Errno(error);
  return {};
}

}  // namespace

Result<int64_t> sys_lseek(Task& task, FdNum fd, int64_t offset, uint32_t whence) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (whence > SEEK_HOLE) return Errno(EINVAL);
  return file->seek(offset, static_cast<int>(whence));
}

Result<> sys_ftruncate(Task& task, FdNum fd, int64_t size) {
  if (size < 0) return Errno(EINVAL);
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  TRY(may_resize(task, *file, size));
  return file->truncate(size);
}

Result<> sys_truncate(Task& task, UserString path, int64_t size) {
  if (size < 0) return Errno(EINVAL);
  std::string name = TRY(read_path(task, path));
  fs::NodeRef node = TRY(paths(task).find(FdNum{AT_FDCWD}, name, fs::Follow::kYes));
  if (node->is_directory()) return Errno(EISDIR);
  if (!S_ISREG(node->kind())) return Errno(EINVAL);
  TRY(fs::check_writable(*node));
  TRY(may_resize(task, *node, size));
  return node->truncate(size);
}

Result<> sys_fallocate(Task& task, FdNum fd, int32_t mode, int64_t offset, int64_t size) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  int64_t end = 0;
  if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && !__builtin_add_overflow(offset, size, &end)) {
    TRY(may_resize(task, *file, end));
  }
  return file->allocate(mode, offset, size);
}

Result<> sys_fsync(Task& task, FdNum fd) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  return file->sync(fs::SyncRange::kAll);
}

Result<> sys_fdatasync(Task& task, FdNum fd) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  return file->sync(fs::SyncRange::kData);
}

Result<> sys_sync(Task&) {
  host::sync_everything();
  return {};
}

Result<> sys_syncfs(Task& task, FdNum fd) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  return file->sync(fs::SyncRange::kFileSystem);
}

Result<> sys_sync_file_range(Task& task, FdNum fd, int64_t offset, int64_t size, uint32_t flags) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (file->host_fd() < 0) return nothing_to_do(*file, ESPIPE);
  return host::sync_range(file->host_fd(), offset, size, flags);
}

Result<> sys_fadvise64(Task& task, FdNum fd, int64_t offset, int64_t size, int32_t advice) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  return file->advise(offset, size, advice);
}

Result<> sys_readahead(Task& task, FdNum fd, int64_t offset, uint64_t size) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (file->host_fd() < 0) return nothing_to_do(*file, EINVAL);
  return host::read_ahead(file->host_fd(), offset, size);
}

}  // namespace rawposix::syscall
