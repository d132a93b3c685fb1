// SPDX-License-Identifier: Apache-2.0
#include "fs/node.h"

#include <sys/sysmacros.h>

namespace rawposix::fs {
namespace {

statx_timestamp timestamp(const timespec& time) {
  statx_timestamp stamp{};
  stamp.tv_sec = time.tv_sec;
  stamp.tv_nsec = static_cast<uint32_t>(time.tv_nsec);
  return stamp;
}

}  // namespace

abi::Statx statx_from(const abi::Stat& status) {
  abi::Statx wide{};
  wide.stx_mask = STATX_BASIC_STATS;
  wide.stx_blksize = static_cast<uint32_t>(status.st_blksize);
  wide.stx_nlink = static_cast<uint32_t>(status.st_nlink);
  wide.stx_uid = status.st_uid;
  wide.stx_gid = status.st_gid;
  wide.stx_mode = static_cast<uint16_t>(status.st_mode);
  wide.stx_ino = status.st_ino;
  wide.stx_size = static_cast<uint64_t>(status.st_size);
  wide.stx_blocks = static_cast<uint64_t>(status.st_blocks);
  wide.stx_atime = timestamp(status.st_atim);
  wide.stx_mtime = timestamp(status.st_mtim);
  wide.stx_ctime = timestamp(status.st_ctim);
  wide.stx_rdev_major = major(status.st_rdev);
  wide.stx_rdev_minor = minor(status.st_rdev);
  wide.stx_dev_major = major(status.st_dev);
  wide.stx_dev_minor = minor(status.st_dev);
  return wide;
}

Result<abi::Statx> Node::extended_status(int, unsigned) {
  abi::Stat plain = TRY(status());
  return statx_from(plain);
}

Result<NodeRef> Node::child(const std::string&, const Caller&) { return Errno(ENOTDIR); }
Result<FileRef> Node::open(const OpenRequest&) { return Errno(ENXIO); }
Result<FileRef> Node::create(const std::string&, const OpenRequest&) { return Errno(EACCES); }
Result<FileRef> Node::create_unnamed(const OpenRequest&) { return Errno(EOPNOTSUPP); }
Result<> Node::make_directory(const std::string&, mode_t) { return Errno(EPERM); }
Result<> Node::make_node(const std::string&, mode_t, dev_t) { return Errno(EPERM); }
Result<> Node::make_symlink(const std::string&, const std::string&) { return Errno(EPERM); }
Result<> Node::make_link(const std::string&, Node&) { return Errno(EPERM); }
Result<> Node::remove(const std::string&, RemoveKind) { return Errno(EPERM); }
Result<> Node::rename(const std::string&, Node&, const std::string&, unsigned) {
  return Errno(EPERM);
}
Result<> Node::truncate(int64_t) { return Errno(EINVAL); }
Result<size_t> Node::get_attribute(const char*, std::span<std::byte>) { return Errno(EOPNOTSUPP); }
Result<> Node::set_attribute(const char*, std::span<const std::byte>, int) {
  return Errno(EOPNOTSUPP);
}
Result<size_t> Node::list_attributes(std::span<std::byte>) { return size_t{0}; }
Result<> Node::remove_attribute(const char*) { return Errno(EOPNOTSUPP); }

}  // namespace rawposix::fs
