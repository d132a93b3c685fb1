// SPDX-License-Identifier: Apache-2.0
// What is in a memory file. Small ones are in the heap: no descriptor, and no call of Linux's to
// read or write them. One that gets large, or that only Linux can do something with (map it, lock
// it, run it), moves to a memory file of the host's for good.
//
// Its size, in pages, is taken from a quota, holes included: a hole of a mapped file is filled
// without anybody being asked. The size of the host's file is never larger.
//
// Thread-safe, as far as Linux's tmpfs is: concurrent transfers may interleave, but for those that
// append. Lock order: LockRank::kOpenFile; not held while guest memory is touched.
#pragma once

#include <atomic>
#include <ctime>
#include <memory>
#include <span>
#include <vector>

#include "fs/counted_fd.h"
#include "fs/file.h"
#include "support/mutex.h"
#include "support/quota.h"

namespace rawposix::fs {

class MemContent {
 public:
  // The largest that is kept in the heap.
  static constexpr uint64_t kMostInHeap = 256 * 1024;

  // `pages` is what its size is taken from.
  MemContent(std::shared_ptr<Quota> pages, Descriptors& descriptors);
  ~MemContent();
  MemContent(const MemContent&) = delete;
  MemContent& operator=(const MemContent&) = delete;

  uint64_t size() const EXCLUDES(mutex_);

  // Bytes transferred. 0 at or behind the end. EFAULT.
  Result<size_t> read(Vectors to, uint64_t offset) EXCLUDES(mutex_);
  // Fewer than asked for if the quota ends. ENOSPC, EFBIG, EFAULT; EPERM by seals.
  Result<size_t> write(Vectors from, uint64_t offset) EXCLUDES(mutex_);
  // At the end, in one piece. Sets `end` to where the data ends.
  Result<size_t> append(Vectors from, uint64_t& end) EXCLUDES(mutex_);
  Result<> truncate(uint64_t size) EXCLUDES(mutex_);
  // fallocate(2), as tmpfs: EOPNOTSUPP for what that doesn't do.
  Result<> allocate(int mode, uint64_t offset, uint64_t size) EXCLUDES(mutex_);
  // SEEK_DATA, SEEK_HOLE. ENXIO behind the end.
  Result<int64_t> seek(int64_t offset, int whence) EXCLUDES(mutex_);

  // A host descriptor of the content, for reading and writing. ENFILE, EMFILE, ENOMEM.
  Result<int> descriptor() EXCLUDES(mutex_);
  // The same if it has moved to the host already, or -1.
  int descriptor_if_any() const { return file_on_host_.load(std::memory_order_acquire); }
  // Makes it a memory file of the host's, with flags of memfd_create(2). It must be empty.
  Result<> create_on_host(const char* name, unsigned flags) EXCLUDES(mutex_);

  struct Times {
    timespec access, modification, change;
  };
  Times times() const EXCLUDES(mutex_);
  // As utimensat(2).
  void set_times(const timespec times[2]) EXCLUDES(mutex_);
  // The access time after a read, as with relatime: if something has changed since the last.
  void touch_access() EXCLUDES(mutex_);

 private:
  bool on_host() const REQUIRES(mutex_) { return file_.valid(); }
  // Makes it as large as `end`, or as far as the quota goes, but at least `least_end`. Where it
  // then ends; ENOSPC.
  Result<uint64_t> grow(uint64_t end, uint64_t least_end) REQUIRES(mutex_);
  Result<> resize(uint64_t size) REQUIRES(mutex_);
  Result<> move_to_host() REQUIRES(mutex_);
  void set_file(CountedFd file) REQUIRES(mutex_);
  // Part of a transfer, through a buffer of the host's.
  Result<size_t> load(std::span<std::byte> to, uint64_t offset) EXCLUDES(mutex_);
  Result<size_t> store(std::span<const std::byte> from, uint64_t offset) EXCLUDES(mutex_);
  Result<size_t> write_by_parts(Vectors from, uint64_t offset) EXCLUDES(mutex_);
  // To a range that the file has grown to.
  Result<size_t> write_on_host(Vectors from, uint64_t offset) EXCLUDES(mutex_);
  void undo_append(uint64_t reserved_end, uint64_t end) EXCLUDES(mutex_);
  void touch() REQUIRES(mutex_);

  const std::shared_ptr<Quota> pages_;
  Descriptors& descriptors_;
  mutable Mutex mutex_{LockRank::kOpenFile};
  uint64_t size_ GUARDED_BY(mutex_) = 0;
  std::vector<std::byte> heap_ GUARDED_BY(mutex_);  // all of it, unless it is on the host
  CountedFd file_ GUARDED_BY(mutex_);               // once set, it stays
  std::atomic<int> file_on_host_{-1};               // its number
  // Writes that Linux is at. One that began before the file was cut would make it longer again.
  unsigned writes_ GUARDED_BY(mutex_) = 0;
  bool cut_meanwhile_ GUARDED_BY(mutex_) = false;
  Times times_ GUARDED_BY(mutex_){};
  std::atomic<bool> access_due_{true};
};

}  // namespace rawposix::fs
