// SPDX-License-Identifier: Apache-2.0
// Open files that Linux keeps: files and directories of binds, standard streams, host pipes, and
// the memory files and devices of the embedded root. One host description per description here, so
// offsets, O_APPEND, O_NONBLOCK and EINTR are Linux's own.
#pragma once

#include <vector>

#include "fs/counted_fd.h"
#include "fs/file.h"
#include "fs/mount.h"

namespace rawposix::fs {

class HostFile : public File {
 public:
  // `node` is for files whose place the descriptor doesn't tell (those of the embedded root).
  HostFile(CountedFd fd, const Mount& mount, NodeRef node = nullptr,
           FileKind kind = FileKind::kData)
      : File(kind), fd_(std::move(fd)), mount_(mount), node_(std::move(node)) {}

  int flags() const final;
  Result<> set_flags(int flags) final;

  Result<size_t> read(sync::Waiter& waiter, Vectors to) final;
  Result<size_t> write(sync::Waiter& waiter, Vectors from) final;
  Result<size_t> read_flagged(sync::Waiter& waiter, Vectors to, int flags) final;
  Result<size_t> write_flagged(sync::Waiter& waiter, Vectors from, int flags) final;
  Result<size_t> read_at(Vectors to, int64_t offset, int flags) final;
  Result<size_t> write_at(Vectors from, int64_t offset, int flags) final;
  Result<int64_t> seek(int64_t offset, int whence) override;
  Result<> truncate(int64_t size) final;
  Result<> allocate(int mode, int64_t offset, int64_t size) final;
  Result<> sync(SyncRange range) final;
  Result<> advise(int64_t offset, int64_t size, int advice) final;
  Result<size_t> read_directory(const iovec& records) override;

  Result<abi::Stat> status() final;
  Result<int64_t> control_device(sync::Waiter& waiter, uint32_t request,
                                 std::span<std::byte> argument) final;
  Result<uint64_t> terminal() final;
  Result<int64_t> control_pipe(int command, int64_t argument) final;

  Result<> set_lock(const LockOwner& owner, LockScope scope, sync::Waiter* waiter,
                    const abi::Flock& lock) final;
  Result<> test_lock(const LockOwner& owner, LockScope scope, abi::Flock& lock) final;
  Result<> lock_whole(sync::Waiter& waiter, int operation) final;
  void descriptor_closed(const FdTable& table) final;

  int host_fd() const final { return fd_.get(); }
  NodeRef node() final;
  Result<FileRef> reopen(const OpenRequest& request) final;

 protected:
  const CountedFd fd_;
  const Mount& mount_;
  const NodeRef node_;
};

// A directory of a bind. Lists what is mounted inside but has no entry of its own, after the
// host's entries.
class HostDirectory final : public HostFile {
 public:
  HostDirectory(CountedFd fd, const NodeRef& node);

  Result<size_t> read_directory(const iovec& records) override;
  Result<int64_t> seek(int64_t offset, int whence) override;

 private:
  Result<size_t> read_edited(const iovec& records);
  Result<size_t> read_extra(std::span<std::byte> records) REQUIRES(mutex_);

  bool is_mount_root_;
  std::vector<const Mount::Inner*> extra_;  // to list after the host's entries
  Mutex mutex_{LockRank::kOpenFile};
  size_t next_extra_ GUARDED_BY(mutex_) = 0;  // beyond 0: the host's entries are through
  bool in_extra_ GUARDED_BY(mutex_) = false;
};

// Made by O_PATH.
class PathFile final : public File {
 public:
  PathFile(NodeRef node, int flags)
      : File(FileKind::kPath),
        node_(std::move(node)),
        flags_(flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW)) {}
  int flags() const override { return flags_; }
  Result<> set_flags(int) override { return Errno(EBADF); }
  NodeRef node() override { return node_; }
  Result<FileRef> reopen(const OpenRequest& request) override;

 private:
  const NodeRef node_;
  const int flags_;
};

}  // namespace rawposix::fs
