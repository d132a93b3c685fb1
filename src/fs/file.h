// SPDX-License-Identifier: Apache-2.0
// An open file description: what descriptors refer to, shared by dup() and fork(). Counted: the
// last reference closes it. Thread-safe. Offsets and status flags belong to the description; files
// of the host leave both to Linux, so that they behave as they do there, races included.
//
// What may wait takes the waiter of the task that does.
//
// The defaults are the errors that Linux gives for files which don't know an operation.
#pragma once

#include <poll.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "abi/fcntl.h"
#include "abi/stat.h"
#include "support/live_count.h"
#include "support/result.h"
#include "sync/wait_queue.h"
#include "sync/waiter.h"

namespace rawposix::fs {

class FdTable;
class Node;
struct OpenRequest;
using NodeRef = std::shared_ptr<Node>;

// Buffers, in host addresses. They may be guest memory, so nobody but Linux or a fault-safe copy
// touches them.
using Vectors = std::span<const iovec>;

// MAX_RW_COUNT: Linux moves no more bytes at once.
inline constexpr uint64_t kMostTransferred = 0x7ffff000;

enum class SyncRange : uint8_t { kAll, kData, kFileSystem };

// Which description, or which process, holds a record lock.
enum class LockScope : uint8_t { kProcess, kDescription };

// Who asks for a record lock: the table stands for the process, as files_struct does in Linux.
struct LockOwner {
  const FdTable* table = nullptr;
  int32_t pid = 0;
};

class FileRef;

// Descriptions made with O_PATH only name a file: calls on data refuse them with EBADF. Calls on
// terminals are subject to job control. The last two have calls of their own (signalfd4(2),
// pidfd_open(2)).
enum class FileKind : uint8_t { kData, kPath, kTerminal, kSignals, kProcess };

// Whether these RWF_* change nothing of what a file in memory does.
bool are_idle_transfer_flags(int flags);

class File {
 public:
  explicit File(FileKind kind = FileKind::kData) : kind_(kind) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void add_refs(uint32_t count) { refs_.fetch_add(count, std::memory_order_relaxed); }
  void drop_refs(uint32_t count) {
    if (refs_.fetch_sub(count, std::memory_order_acq_rel) == count) delete this;
  }

  // Status flags and access mode as F_GETFL shows them.
  virtual int flags() const = 0;
  virtual Result<> set_flags(int flags) = 0;
  bool is_path() const { return kind_ == FileKind::kPath; }
  bool is_terminal() const { return kind_ == FileKind::kTerminal; }
  bool is(FileKind kind) const { return kind_ == kind; }

  virtual Result<size_t> read(sync::Waiter& waiter, Vectors to);
  virtual Result<size_t> write(sync::Waiter& waiter, Vectors from);
  // At the description's own position, with flags (RWF_*).
  virtual Result<size_t> read_flagged(sync::Waiter& waiter, Vectors to, int flags);
  virtual Result<size_t> write_flagged(sync::Waiter& waiter, Vectors from, int flags);
  // At `offset`, which leaves the position alone. Files that may have to wait have none.
  virtual Result<size_t> read_at(Vectors to, int64_t offset, int flags);
  virtual Result<size_t> write_at(Vectors from, int64_t offset, int flags);
  virtual Result<int64_t> seek(int64_t offset, int whence);
  virtual Result<> truncate(int64_t size);
  virtual Result<> allocate(int mode, int64_t offset, int64_t size);
  virtual Result<> sync(SyncRange range);
  virtual Result<> advise(int64_t offset, int64_t size, int advice);

  // Records of getdents64(2). A directory's buffer may be guest memory.
  virtual Result<size_t> read_directory(const iovec& records);

  virtual Result<abi::Stat> status();
  // `argument` holds the request's argument and takes its result.
  virtual Result<int64_t> control_device(sync::Waiter& waiter, uint32_t request,
                                         std::span<std::byte> argument);
  // The number of the terminal, also behind /dev/tty. ENOTTY.
  virtual Result<uint64_t> terminal();
  virtual Result<int64_t> control_pipe(int command, int64_t argument);

  // Record locks. `lock` is relative to SEEK_SET already; test_lock() answers in it. A null waiter
  // does not wait.
  virtual Result<> set_lock(const LockOwner& owner, LockScope scope, sync::Waiter* waiter,
                            const abi::Flock& lock);
  virtual Result<> test_lock(const LockOwner& owner, LockScope scope, abi::Flock& lock);
  virtual Result<> lock_whole(sync::Waiter& waiter, int operation);
  // A descriptor of `table` that refers to this is gone; others may remain.
  virtual void descriptor_closed(const FdTable& /*table*/) {}

  // For calls that Linux serves on this description (poll, sendfile); -1 if it has none of Linux's.
  virtual int host_fd() const { return -1; }
  // A host descriptor of the content alone, to map or run it; its offset and rights may be others
  // than this description's. Stays open as long as this. ENODEV if there can't be one, ENFILE.
  virtual Result<int> content_fd();
  // Ready events among `events` of a file without a host descriptor, and who is told when they
  // change (null: they never do), both as the task sees it that waits.
  virtual int16_t ready(sync::Waiter& waiter, int16_t events);
  virtual sync::WaitQueue* readiness(sync::Waiter& /*waiter*/) { return nullptr; }

  // Its place in the file tree, for calls that take a descriptor instead of a path; null if it has
  // none.
  virtual NodeRef node() { return nullptr; }
  // What open("/dev/fd/N", flags) gives: never more rights than this description has.
  virtual Result<FileRef> reopen(const OpenRequest& request);

 protected:
  virtual ~File() = default;

 private:
  std::atomic<uint32_t> refs_{1};
  const FileKind kind_;
  LiveCount<File> live_;
};

// A counted reference, never null once made from a file.
class FileRef {
 public:
  FileRef() = default;
  // Takes over the reference that the caller holds.
  static FileRef adopt(File* file) { return FileRef(file); }
  static FileRef share(File* file) {
    file->add_refs(1);
    return FileRef(file);
  }
  FileRef(const FileRef& other) : file_(other.file_) {
    if (file_ != nullptr) file_->add_refs(1);
  }
  FileRef(FileRef&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
  FileRef& operator=(FileRef other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~FileRef() {
    if (file_ != nullptr) file_->drop_refs(1);
  }

  File* get() const { return file_; }
  File* operator->() const { return file_; }
  File& operator*() const { return *file_; }
  explicit operator bool() const { return file_ != nullptr; }
  [[nodiscard]] File* release() { return std::exchange(file_, nullptr); }

 private:
  explicit FileRef(File* file) : file_(file) {}
  File* file_ = nullptr;
};

template <class T, class... Args>
FileRef make_file(Args&&... args) {
  return FileRef::adopt(new T(std::forward<Args>(args)...));
}

}  // namespace rawposix::fs
