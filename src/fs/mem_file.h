// SPDX-License-Identifier: Apache-2.0
// Regular files in memory: of the embedded root, memfd_create(), and streams that are texts or are
// captured.
#pragma once

#include <memory>
#include <string_view>

#include "fs/mem_content.h"
#include "fs/mem_node.h"

namespace rawposix::fs {

class HostFile;

class MemFile final : public MemNode {
 public:
  // The content is taken from `pages`.
  MemFile(MemFs& fs, mode_t mode, std::shared_ptr<Quota> pages);

  MemContent& content() { return content_; }
  // Whatever the mode says, as for the file's maker.
  FileRef open_as_maker(int flags);

  Result<abi::Stat> status() override;
  Result<> set_times(const timespec times[2]) override;
  Result<> truncate(int64_t size) override;
  Result<FileRef> open(const OpenRequest& request) override;

 private:
  MemContent content_;
};

// An open description of one.
class MemOpenFile final : public File {
 public:
  MemOpenFile(std::shared_ptr<MemFile> node, int flags);

  int flags() const override { return flags_.load(std::memory_order_relaxed); }
  Result<> set_flags(int flags) override;

  Result<size_t> read(sync::Waiter&, Vectors to) override { return read_here(to); }
  Result<size_t> write(sync::Waiter&, Vectors from) override { return write_here(from); }
  Result<size_t> write_flagged(sync::Waiter&, Vectors from, int flags) override;
  Result<size_t> read_at(Vectors to, int64_t offset, int flags) override;
  Result<size_t> write_at(Vectors from, int64_t offset, int flags) override;
  Result<int64_t> seek(int64_t offset, int whence) override;
  Result<> truncate(int64_t size) override;
  Result<> allocate(int mode, int64_t offset, int64_t size) override;
  Result<> sync(SyncRange) override { return {}; }
  Result<> advise(int64_t offset, int64_t size, int advice) override;

  Result<abi::Stat> status() override { return node_->status(); }
  Result<int64_t> control_device(sync::Waiter& waiter, uint32_t request,
                                 std::span<std::byte> argument) override;
  Result<int64_t> control_pipe(int command, int64_t argument) override;

  Result<> set_lock(const LockOwner& owner, LockScope scope, sync::Waiter* waiter,
                    const abi::Flock& lock) override;
  Result<> test_lock(const LockOwner& owner, LockScope scope, abi::Flock& lock) override;
  Result<> lock_whole(sync::Waiter& waiter, int operation) override;
  void descriptor_closed(const FdTable& table) override;

  Result<int> content_fd() override { return content().descriptor(); }
  NodeRef node() override { return node_; }
  Result<FileRef> reopen(const OpenRequest& request) override;

 private:
  MemContent& content() const { return node_->content(); }
  // Access mode 3 is for ioctl(2) alone (man 2 open).
  bool reads() const { return has_access(O_RDONLY); }
  bool writes() const { return has_access(O_WRONLY); }
  bool has_access(int access) const {
    const int mine = flags() & abi::kAccessMode;
    return mine == access || mine == O_RDWR;
  }
  // From the description's own offset on.
  Result<size_t> read_here(Vectors to);
  Result<size_t> write_here(Vectors from);
  Result<size_t> append_here(Vectors from);
  void note_read();
  // A host description of its own, for locks that belong to descriptions.
  Result<HostFile*> for_locks();

  const std::shared_ptr<MemFile> node_;
  std::atomic<int> flags_;
  // Where the next transfer begins. Each takes its range at once, so that no two get the same.
  std::atomic<int64_t> position_{0};
  Mutex mutex_{LockRank::kOpenFile};
  FileRef for_locks_ GUARDED_BY(mutex_);  // once set, it stays
};

}  // namespace rawposix::fs
