// SPDX-License-Identifier: Apache-2.0
#include "proc/node.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <utility>

#include "fs/listed_directory.h"
#include "fs/vector_cursor.h"
#include "host/clock.h"
#include "proc/access.h"
#include "sfi/layout.h"

namespace rawposix::proc {
namespace {

// Below those of file systems in memory (fs/mem_node.cc).
const dev_t kDevice = makedev(0, 0xeffff);
constexpr size_t kMostWritten = 4096;  // PAGE_SIZE, as for Linux's own

class DirectoryFile final : public fs::File {
 public:
  DirectoryFile(std::shared_ptr<Directory> node, int flags)
      : node_(std::move(node)), flags_(flags) {}
  int flags() const override { return flags_; }
  Result<> set_flags(int) override { return {}; }
  fs::NodeRef node() override { return node_; }
  Result<size_t> read(sync::Waiter&, fs::Vectors) override { return Errno(EISDIR); }
  Result<size_t> read_at(fs::Vectors, int64_t, int) override { return Errno(EISDIR); }
  Result<fs::FileRef> reopen(const fs::OpenRequest&) override { return Errno(EACCES); }

  Result<int64_t> seek(int64_t offset, int whence) override {
    const int64_t position = TRY(fs::position_after(position_.load(), offset, whence));
    position_.store(position);
    return position;
  }

  Result<size_t> read_directory(const iovec& records) override {
    return fs::read_listed(
        records, position_, node_->key().inode, node_->parent_inode(),
        [&](int64_t after, size_t most) { return node_->list_after(after, most); });
  }

 private:
  const std::shared_ptr<Directory> node_;
  const int flags_;
  // Two tasks that read one description at once may see an entry twice, as in fs.
  std::atomic<int64_t> position_{0};
};

}  // namespace

Budget& text_budget() {
  static Budget budget(uint64_t{64} << 20, 64 * 1024);
  return budget;
}

fs::NodeKey Node::key() const { return {kDevice, place_.inode}; }

Result<abi::Stat> Node::status() {
  abi::Stat status{};
  status.st_dev = kDevice;
  status.st_ino = place_.inode;
  status.st_mode = place_.mode;
  status.st_nlink = place_.links;
  status.st_uid = place_.owner.user;
  status.st_gid = place_.owner.group;
  status.st_size = place_.size;
  status.st_blksize = 1024;
  status.st_atim = status.st_mtim = status.st_ctim =
      host::now(CLOCK_REALTIME_COARSE).value_or(timespec{});
  return status;
}

Result<abi::Statfs> Node::file_system() {
  abi::Statfs info{};
  info.f_type = PROC_SUPER_MAGIC;
  info.f_bsize = info.f_frsize = sfi::kPageSize;
  info.f_namelen = abi::kNameMax;
  return info;
}

Result<fs::FileRef> Node::create(const std::string&, const fs::OpenRequest&) {
  return Errno(ENOENT);
}

Result<> Node::check_access(int mode, int flags, const fs::Caller& caller) {
  if (caller.task == nullptr) return Errno(EACCES);
  const AsWhom as = (flags & AT_EACCESS) != 0 ? AsWhom::kEffective : AsWhom::kReal;
  return check_mode(caller.task->credentials(), as, place_.owner, place_.mode, mode);
}

std::string Directory::path_of(std::string_view name) const {
  return place().path + "/" + std::string(name);
}

uint64_t Directory::parent_inode() const {
  return parent_ == nullptr ? key().inode : parent_->key().inode;
}

Result<fs::NodeRef> Directory::child(const std::string& name, const fs::Caller& caller) {
  TRY(check_search(caller));
  return find(name, caller);
}

Result<fs::FileRef> Directory::open(const fs::OpenRequest& request) {
  if ((request.flags & abi::kAccessMode) != O_RDONLY || (request.flags & O_TRUNC) != 0) {
    return Errno(EISDIR);
  }
  TRY(check_access(R_OK, AT_EACCESS, request.caller));
  const int shown = request.flags & (O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW);
  return fs::make_file<DirectoryFile>(std::static_pointer_cast<Directory>(shared_from_this()),
                                      shown | abi::kOpenLargeFile);
}

Result<fs::FileRef> TextNode::open(const fs::OpenRequest& request) {
  const int access = request.flags & abi::kAccessMode;
  int wanted = access != O_WRONLY ? R_OK : 0;
  if (access != O_RDONLY || (request.flags & O_TRUNC) != 0) wanted |= W_OK;
  TRY(check_access(wanted, AT_EACCESS, request.caller));
  Opener opener = TRY(admit_(request.caller));
  const int shown = request.flags & (abi::kAccessMode | O_APPEND | O_NONBLOCK | O_NOFOLLOW);
  return fs::make_file<TextFile>(std::static_pointer_cast<TextNode>(shared_from_this()),
                                 shown | abi::kOpenLargeFile, std::move(opener));
}

Result<> TextFile::set_flags(int flags) {
  constexpr int kChangeable = O_APPEND | O_NONBLOCK;
  flags_.store((this->flags() & ~kChangeable) | (flags & kChangeable), std::memory_order_relaxed);
  return {};
}

// Made without the lock: what makes it takes locks of cages.
Result<TextFile::Text> TextFile::text_for(int64_t offset) {
  if (offset != 0) {
    MutexLock lock(mutex_);
    if (text_ != nullptr) return text_;
  }
  std::string made = TRY(node_->content().make(opener_));
  auto fresh = std::make_shared<Made>(Made{std::move(made), Budget::Share(text_budget())});
  const bool kept = fresh->share.take(fresh->text.size());
  Text text = std::move(fresh);
  Text old;  // let go of without the lock
  MutexLock lock(mutex_);
  old = std::exchange(text_, kept ? text : nullptr);
  return text;
}

Result<size_t> TextFile::read_at(fs::Vectors to, int64_t offset, int) {
  if ((flags() & abi::kAccessMode) == O_WRONLY || !node_->content().make) return Errno(EBADF);
  Text text = TRY(text_for(offset));
  const auto bytes = std::as_bytes(std::span(text->text));
  fs::VectorCursor cursor(to);
  size_t count = 0;
  if (static_cast<uint64_t>(offset) < bytes.size()) {
    count = cursor.fill(bytes.subspan(static_cast<size_t>(offset)));
    if (count == 0 && cursor.faulted()) return Errno(EFAULT);
  }
  return count;
}

Result<size_t> TextFile::read(sync::Waiter&, fs::Vectors to) {
  int64_t offset = 0;
  {
    MutexLock lock(mutex_);
    offset = position_;
  }
  const size_t count = TRY(read_at(to, offset, 0));
  MutexLock lock(mutex_);
  position_ = offset + static_cast<int64_t>(count);
  return count;
}

Result<size_t> TextFile::store(fs::Vectors from) {
  if ((flags() & abi::kAccessMode) == O_RDONLY) return Errno(EBADF);
  const Content& content = node_->content();
  if (!content.store) return Errno(content.write_error);
  fs::VectorCursor cursor(from);
  const size_t whole = cursor.left();
  std::string text(std::min(whole, kMostWritten), '\0');
  text.resize(cursor.take(std::as_writable_bytes(std::span(text))));
  if (cursor.faulted()) return Errno(EFAULT);
  TRY(content.store(opener_, text));
  return whole;
}

Result<size_t> TextFile::write(sync::Waiter&, fs::Vectors from) {
  size_t count = TRY(store(from));
  MutexLock lock(mutex_);
  position_ += static_cast<int64_t>(count);
  return count;
}

Result<size_t> TextFile::write_at(fs::Vectors from, int64_t, int) { return store(from); }

// Who opened the first decides what the other shows: nobody gets more by a descriptor.
Result<fs::FileRef> TextFile::reopen(const fs::OpenRequest& request) {
  const int flags = request.flags;
  const int mine = this->flags() & abi::kAccessMode;
  const int wanted = flags & abi::kAccessMode;
  const bool writes = wanted != O_RDONLY || (flags & O_TRUNC) != 0;
  if ((wanted != O_WRONLY && mine == O_WRONLY) || (writes && mine == O_RDONLY)) {
    return Errno(EACCES);
  }
  const int shown = flags & (abi::kAccessMode | O_APPEND | O_NONBLOCK);
  return fs::make_file<TextFile>(node_, shown | abi::kOpenLargeFile, opener_);
}

Result<int64_t> TextFile::seek(int64_t offset, int whence) {
  MutexLock lock(mutex_);
  position_ = TRY(fs::position_after(position_, offset, whence));
  return position_;
}

}  // namespace rawposix::proc
