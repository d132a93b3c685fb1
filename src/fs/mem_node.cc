// SPDX-License-Identifier: Apache-2.0
#include "fs/mem_node.h"

#include <linux/magic.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>

#include "fs/host_file.h"
#include "fs/mem_directory.h"
#include "host/file.h"
#include "sfi/layout.h"

namespace rawposix::fs {
namespace {

timespec clock_time() { return host::now(CLOCK_REALTIME_COARSE).value_or({}); }

void set_time(timespec& time, const timespec* wanted) {
  if (wanted == nullptr || wanted->tv_nsec == UTIME_NOW) {
    time = clock_time();
  } else if (wanted->tv_nsec != UTIME_OMIT) {
    time = *wanted;
  }
}

}  // namespace

// Anonymous device numbers as Linux gives them to tmpfs, but from the far end of its range.
MemFs::MemFs(const Mount& mount, unsigned index)
    : mount_(mount),
      device_(makedev(0, 0xfffff - index)),
      user_(geteuid()),
      group_(getegid()),
      made_(clock_time()) {
  int count = getgroups(0, nullptr);
  if (count <= 0) return;
  groups_.resize(static_cast<size_t>(count));
  count = getgroups(count, groups_.data());
  groups_.resize(static_cast<size_t>(std::max(count, 0)));
}

Result<> MemFs::check(const abi::Stat& status, int mode) const {
  auto wanted = static_cast<mode_t>(mode);
  if (user_ == 0) {
    // The superuser executes only what somebody may execute (man 7 capabilities).
    const bool executable = S_ISDIR(status.st_mode) || (status.st_mode & 0111) != 0;
    if ((wanted & X_OK) != 0 && !executable) return Errno(EACCES);
    return {};
  }
  mode_t granted = status.st_mode;
  if (status.st_uid == user_) {
    granted >>= 6;
  } else if (is_member_of(status.st_gid)) {
    granted >>= 3;
  }
  if ((wanted & ~granted & 7) != 0) return Errno(EACCES);
  return {};
}

timespec MemFs::now() const { return made_ ? *made_ : clock_time(); }

bool MemFs::is_member_of(gid_t group) const {
  return group == group_ || std::find(groups_.begin(), groups_.end(), group) != groups_.end();
}

MemNode::MemNode(MemFs& fs, mode_t mode)
    : Node(fs.mount(), mode & S_IFMT), fs_(fs), inode_(fs.next_inode()), counted_(fs.inodes()) {
  attributes_.st_dev = fs.device();
  attributes_.st_ino = inode_;
  attributes_.st_mode = mode;
  attributes_.st_nlink = S_ISDIR(mode) ? 2 : 1;
  attributes_.st_uid = fs.user();
  attributes_.st_gid = fs.group();
  attributes_.st_blksize = 4096;
  attributes_.st_atim = attributes_.st_mtim = attributes_.st_ctim = fs_.now();
}

Result<abi::Stat> MemNode::status() {
  MutexLock lock(fs_.mutex());
  return attributes_;
}

Result<abi::Statfs> MemNode::file_system() {
  abi::Statfs info{};
  info.f_type = TMPFS_MAGIC;
  info.f_bsize = info.f_frsize = sfi::kPageSize;
  info.f_blocks = fs_.pages().limit();
  info.f_bfree = info.f_bavail = fs_.pages().limit() - fs_.pages().used();
  info.f_files = fs_.inodes().limit();
  info.f_ffree = fs_.inodes().limit() - fs_.inodes().used();
  info.f_namelen = abi::kNameMax;
  return info;
}

bool MemNode::is_owner_locked() const {
  return fs_.user() == 0 || fs_.user() == attributes_.st_uid;
}

Result<> MemNode::check_owner() {
  MutexLock lock(fs_.mutex());
  if (!is_owner_locked()) return Errno(EPERM);
  return {};
}

Result<> MemNode::set_mode(mode_t mode) {
  MutexLock lock(fs_.mutex());
  if (!is_owner_locked()) return Errno(EPERM);
  attributes_.st_mode = (attributes_.st_mode & S_IFMT) | (mode & 07777);
  attributes_.st_ctim = fs_.now();
  return {};
}

Result<> MemNode::set_owner(uid_t user, gid_t group) {
  MutexLock lock(fs_.mutex());
  const bool changes_user = user != static_cast<uid_t>(-1) && user != attributes_.st_uid;
  const bool changes_group = group != static_cast<gid_t>(-1) && group != attributes_.st_gid;
  if (changes_user && fs_.user() != 0) return Errno(EPERM);
  const bool may_group = is_owner_locked() && (fs_.user() == 0 || fs_.is_member_of(group));
  if (changes_group && !may_group) return Errno(EPERM);
  if (changes_user) attributes_.st_uid = user;
  if (changes_group) attributes_.st_gid = group;
  // Whoever owned it was trusted with these, not whoever does now (man 2 chown).
  if (S_ISREG(kind())) attributes_.st_mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
  attributes_.st_ctim = fs_.now();
  return {};
}

Result<> MemNode::set_times(const timespec times[2]) {
  MutexLock lock(fs_.mutex());
  if (!is_owner_locked()) return Errno(EPERM);
  set_time(attributes_.st_atim, times);
  set_time(attributes_.st_mtim, times != nullptr ? times + 1 : nullptr);
  attributes_.st_ctim = fs_.now();
  return {};
}

Result<> MemNode::check_access(int mode, int, const Caller&) { return check_mode(mode); }

Result<> MemNode::check_mode(int mode) {
  abi::Stat current = TRY(status());
  return fs_.check(current, mode);
}

void MemNode::note_name_locked(std::weak_ptr<MemDirectory> holder, std::string name) {
  holder_ = std::move(holder);
  name_ = std::move(name);
}

Result<std::string> MemNode::path_in_mount() {
  std::shared_ptr<MemDirectory> holder;  // let go after the lock
  std::string name;
  {
    MutexLock lock(fs_.mutex());
    holder = holder_.lock();
    if (holder == nullptr || !holder->holds_locked(name_, *this)) return Errno(ENOENT);
    name = name_;
  }
  std::string path = TRY(holder->path_in_mount());
  return path + "/" + name;
}

Result<std::string> MemNode::last_path_in_mount() {
  Result<std::string> now = path_in_mount();
  if (now.ok() || now.error() != Errno(ENOENT)) return now;
  std::shared_ptr<MemDirectory> holder;
  std::string path;
  {
    MutexLock lock(fs_.mutex());
    holder = holder_.lock();
    path = "/" + name_ + " (deleted)";
  }
  if (holder == nullptr) return path;
  Result<std::string> above = holder->path_in_mount();
  return above.ok() ? above.value() + path : path;
}

Result<FileRef> MemNode::open(const OpenRequest&) { return Errno(is_symlink() ? ELOOP : ENXIO); }

void MemNode::add_link_locked(int count) {
  attributes_.st_nlink += static_cast<nlink_t>(count);
  attributes_.st_ctim = fs_.now();
}

void MemNode::touch_locked() { attributes_.st_mtim = attributes_.st_ctim = fs_.now(); }

MemDevice::MemDevice(MemFs& fs, const char* host_path, dev_t number)
    : MemNode(fs, S_IFCHR | 0666), host_path_(host_path) {
  attributes_.st_rdev = number;
  attributes_.st_uid = 0;
  attributes_.st_gid = 0;
}

Result<FileRef> MemDevice::open(const OpenRequest& request) {
  abi::Stat mine = TRY(status());
  const int flags = request.flags & (abi::kAccessMode | O_NONBLOCK | O_NOFOLLOW);
  CountedFd fd =
      TRY(mount().space->descriptors().open([&] { return host::open_outside(host_path_, flags); }));
  abi::Stat found = TRY(host::status(fd.get()));
  if (!S_ISCHR(found.st_mode) || found.st_rdev != mine.st_rdev) return Errno(ENXIO);
  if (is_own_terminal(kind(), found.st_rdev)) {
    TRY(mount().space->terminals().check(fd.get(), request.flags));
  }
  const FileKind file_kind = kind_of_device(kind(), fd.get());
  return make_file<HostFile>(std::move(fd), mount(), shared_from_this(), file_kind);
}

}  // namespace rawposix::fs
