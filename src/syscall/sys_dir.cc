// SPDX-License-Identifier: Apache-2.0
// getdents(2), getcwd(2), chdir(2), chroot(2), umask(2)
#include <algorithm>
#include <cstring>
#include <vector>

#include "abi/dirent.h"
#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

constexpr uint32_t kMostListed = 256 * 1024;

// Both forms of a record have the same size: the old one has the type after the name's NUL.
void to_old_records(std::span<std::byte> records) {
  size_t at = 0;
  while (at + abi::kDirentNameOffset < records.size()) {
    std::byte* record = &records[at];
    abi::DirentHeader header;
    std::memcpy(&header, record, sizeof header);
    size_t name_size = header.record_size - abi::kDirentNameOffset;
    std::memmove(record + abi::kOldDirentNameOffset, record + abi::kDirentNameOffset, name_size);
    record[header.record_size - 1] = std::byte{header.type};
    at += header.record_size;
  }
}

}  // namespace

Result<int64_t> sys_getdents64(Task& task, FdNum fd, GuestAddr records, uint32_t size) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  iovec to = TRY(transfer_range(task, records, size));
  return count_of(file->read_directory(to));
}

Result<int64_t> sys_getdents(Task& task, FdNum fd, GuestAddr records, uint32_t size) {
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  std::vector<std::byte> buffer(std::min(size, kMostListed));
  size_t count = TRY(file->read_directory({buffer.data(), buffer.size()}));
  to_old_records(std::span(buffer).first(count));
  TRY(task.memory().copy_out(records, buffer.data(), count));
  return static_cast<int64_t>(count);
}

Result<int64_t> sys_getcwd(Task& task, GuestAddr buffer, uint64_t size) {
  fs::FsView& view = task.view();
  std::string path = TRY(view.space().path_of(*view.working_directory()));
  const uint64_t length = path.size() + 1;
  if (length > abi::kPathMax) return Errno(ENAMETOOLONG);
  if (length > size) return Errno(ERANGE);
  TRY(task.memory().copy_out(buffer, path.c_str(), length));
  return static_cast<int64_t>(length);
}

Result<> sys_chdir(Task& task, UserString path) {
  std::string name = TRY(read_path(task, path));
  fs::NodeRef node = TRY(paths(task).find(FdNum{AT_FDCWD}, name, fs::Follow::kYes));
  return fs::change_directory(task.view(), std::move(node), paths(task).caller());
}

Result<> sys_fchdir(Task& task, FdNum fd) {
  fs::FdTable::Borrowed file = TRY(task.fds().borrow(fd));
  fs::NodeRef node = file->node();
  if (node == nullptr) return Errno(ENOTDIR);
  return fs::change_directory(task.view(), std::move(node), paths(task).caller());
}

// As for a process without CAP_SYS_CHROOT, which no cage has.
Result<> sys_chroot(Task& task, UserString path) {
  std::string name = TRY(read_path(task, path));
  fs::NodeRef node = TRY(paths(task).find(FdNum{AT_FDCWD}, name, fs::Follow::kYes));
  if (!node->is_directory()) return Errno(ENOTDIR);
  TRY(node->check_access(X_OK, 0, paths(task).caller()));
  return Errno(EPERM);
}

Result<int64_t> sys_umask(Task& task, uint32_t mask) {
  return int64_t{task.view().set_umask(mask)};
}

}  // namespace rawposix::syscall
