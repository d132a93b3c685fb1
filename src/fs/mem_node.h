// SPDX-License-Identifier: Apache-2.0
// The embedded file system: directories, links and devices in memory; for regular files see
// mem_file.h. One lock per file system (LockRank::kMountView) guards names and attributes. As on
// tmpfs, inodes and links to them are limited in number and content in size, for all file systems
// of a world together.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fs/mount.h"
#include "fs/node.h"
#include "support/mutex.h"
#include "support/quota.h"

namespace rawposix::fs {

class MemNode;
class MemDirectory;

// Shared by all nodes of one embedded file system.
class MemFs {
 public:
  // Each file system of a world has an `index` of its own, for its device number.
  MemFs(const Mount& mount, unsigned index);

  const Mount& mount() const { return mount_; }
  dev_t device() const { return device_; }
  uint64_t next_inode() { return next_inode_.fetch_add(1, std::memory_order_relaxed); }
  uid_t user() const { return user_; }
  gid_t group() const { return group_; }
  bool is_member_of(gid_t group) const;
  Quota& inodes() const { return mount_.space->inodes(); }
  Quota& pages() const { return mount_.space->memory_pages(); }
  // For content. The world's own, so that nothing has to be kept alive.
  std::shared_ptr<Quota> shared_pages() const { return {std::shared_ptr<void>(), &pages()}; }
  // Whether this process may do `mode` (R_OK | W_OK | X_OK) to a file with these attributes.
  Result<> check(const abi::Stat& status, int mode) const;

  // For its nodes. Stands still until let_time_pass(), which is for the end of making the tree: a
  // dozen nodes need no more than one look at the clock.
  timespec now() const;
  void let_time_pass() { made_.reset(); }

  Mutex& mutex() RAWPOSIX_TSA(lock_returned(mutex_)) { return mutex_; }

 private:
  const Mount& mount_;
  const dev_t device_;
  const uid_t user_;
  const gid_t group_;
  std::vector<gid_t> groups_;
  std::optional<timespec> made_;
  std::atomic<uint64_t> next_inode_{1};
  Mutex mutex_{LockRank::kMountView};
};

class MemNode : public Node {
 public:
  // ENOSPC if there are as many as may be.
  template <class T, class... Args>
  static Result<std::shared_ptr<T>> make(MemFs& fs, Args&&... args) {
    if (!fs.inodes().take(1)) return Errno(ENOSPC);
    return std::make_shared<T>(fs, std::forward<Args>(args)...);
  }

  Node* as_link_source() override { return this; }

  NodeKey key() const override { return {fs_.device(), inode_}; }
  Result<abi::Stat> status() override;
  Result<abi::Statfs> file_system() override;
  Result<std::string> path_in_mount() override;
  Result<std::string> last_path_in_mount() override;
  Result<> set_mode(mode_t mode) override;
  Result<> set_owner(uid_t user, gid_t group) override;
  Result<> set_times(const timespec times[2]) override;
  Result<> check_access(int mode, int flags, const Caller& caller) override;
  Result<FileRef> open(const OpenRequest& request) override;

  // With the file system's lock held.
  void add_link_locked(int count);
  // What its path is told by: the latest of its names, or one that is no directory's.
  void note_name_locked(std::weak_ptr<MemDirectory> holder, std::string name);
  uint64_t inode() const { return inode_; }
  MemFs& fs() { return fs_; }
  virtual MemDirectory* as_directory() { return nullptr; }

 protected:
  // For make(): the inode has been taken.
  MemNode(MemFs& fs, mode_t mode);
  void touch_locked();
  Result<> check_mode(int mode);
  // EPERM for all but the owner and the superuser.
  Result<> check_owner();

  MemFs& fs_;
  const uint64_t inode_;
  abi::Stat attributes_{};  // guarded by fs_.mutex()

 private:
  bool is_owner_locked() const;
  const Quota::One counted_;
  // Guarded by fs_.mutex(). Not of directories, which know their parents.
  std::weak_ptr<MemDirectory> holder_;
  std::string name_;
};

class MemLink final : public MemNode {
 public:
  // Targets up to this size count as part of the inode (Linux: SHORT_SYMLINK_LEN), others as a
  // page.
  static constexpr size_t kShortTarget = 128;

  MemLink(MemFs& fs, std::string target, Quota::One page)
      : MemNode(fs, S_IFLNK | 0777), target_(std::move(target)), page_(std::move(page)) {
    attributes_.st_size = static_cast<off_t>(target_.size());
  }
  Result<std::string> link_target() override { return target_; }
  Result<> set_mode(mode_t) override { return Errno(EOPNOTSUPP); }

 private:
  const std::string target_;
  const Quota::One page_;
};

// A harmless device of the host's, opened there.
class MemDevice final : public MemNode {
 public:
  MemDevice(MemFs& fs, const char* host_path, dev_t number);
  Result<FileRef> open(const OpenRequest& request) override;

 private:
  const char* const host_path_;
};

}  // namespace rawposix::fs
