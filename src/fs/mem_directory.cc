// SPDX-License-Identifier: Apache-2.0
#include "fs/mem_directory.h"

#include <linux/fs.h>

#include <algorithm>

#include "fs/dirent_writer.h"
#include "fs/mem_file.h"

namespace rawposix::fs {

bool MemDirectory::holds_locked(const std::string& name, const MemNode& node) const {
  auto found = entries_.find(name);
  return found != entries_.end() && found->second.node.get() == &node;
}

Result<std::string> MemDirectory::last_path_in_mount() {
  std::shared_ptr<MemDirectory> above;  // let go after the lock
  std::string name;
  {
    MutexLock lock(fs_.mutex());
    if (removed_) {
      above = parent_;
      name = name_;
    }
  }
  if (above == nullptr) return path_in_mount();
  return above->path_in_mount().value_or("") + "/" + name + " (deleted)";
}

Result<std::string> MemDirectory::path_in_mount() {
  MutexLock lock(fs_.mutex());
  std::vector<const std::string*> names;  // from the bottom up
  size_t size = 0;
  for (const MemDirectory* at = this; at->parent_ != nullptr; at = at->parent_.get()) {
    if (at->removed_) return Errno(ENOENT);
    names.push_back(&at->name_);
    size += 1 + at->name_.size();
    if (size >= abi::kPathMax) return Errno(ENAMETOOLONG);
  }
  std::string path;
  path.reserve(size);
  for (auto name = names.rbegin(); name != names.rend(); ++name) path.append("/").append(**name);
  return path;
}

Result<MemDirectory::Entries::iterator> MemDirectory::find_locked(const std::string& name) {
  auto entry = entries_.find(name);
  if (entry == entries_.end()) return Errno(name.size() > abi::kNameMax ? ENAMETOOLONG : ENOENT);
  return entry;
}

Result<NodeRef> MemDirectory::child(const std::string& name, const Caller&) {
  MutexLock lock(fs_.mutex());
  TRY(fs_.check(attributes_, X_OK));
  Entries::iterator entry = TRY(find_locked(name));
  return NodeRef(entry->second.node);
}

Result<NodeRef> MemDirectory::parent() {
  MutexLock lock(fs_.mutex());
  TRY(fs_.check(attributes_, X_OK));
  if (parent_ == nullptr) return shared_from_this();
  return NodeRef(parent_);
}

uint64_t MemDirectory::parent_inode() {
  MutexLock lock(fs_.mutex());
  return parent_ != nullptr ? parent_->inode() : inode();
}

bool MemDirectory::is_removed() {
  MutexLock lock(fs_.mutex());
  return removed_;
}

Result<FileRef> MemDirectory::open(const OpenRequest& request) {
  if ((request.flags & abi::kAccessMode) != O_RDONLY || (request.flags & O_TRUNC) != 0) {
    return Errno(EISDIR);
  }
  TRY(check_mode(R_OK));
  int shown = (request.flags & (O_NONBLOCK | O_NOATIME | O_DIRECTORY | O_NOFOLLOW));
  return make_file<MemDirectoryFile>(shared_from_this(), shown | abi::kOpenLargeFile);
}

Result<> MemDirectory::add(const std::string& name, std::shared_ptr<MemNode> node,
                           Quota::One link) {
  if (name.size() > abi::kNameMax) return Errno(ENAMETOOLONG);
  MutexLock lock(fs_.mutex());
  TRY(fs_.check(attributes_, W_OK | X_OK));
  if (removed_) return Errno(ENOENT);
  if (entries_.contains(name)) return Errno(EEXIST);
  insert_locked(name, Entry{std::move(node), 0, std::move(link)});
  return {};
}

void MemDirectory::insert_locked(const std::string& name, Entry entry) {
  if (MemDirectory* directory = entry.node->as_directory()) {
    directory->parent_ = std::static_pointer_cast<MemDirectory>(shared_from_this());
    directory->name_ = name;
    attributes_.st_nlink++;
  } else {
    entry.node->note_name_locked(std::static_pointer_cast<MemDirectory>(shared_from_this()), name);
  }
  by_position_[next_position_] = name;
  entry.position = next_position_;
  entries_[name] = std::move(entry);
  next_position_++;
  touch_locked();
}

MemDirectory::Entry MemDirectory::erase_locked(Entries::iterator entry) {
  Entry erased = std::move(entry->second);
  if (erased.node->as_directory() != nullptr) attributes_.st_nlink--;
  by_position_.erase(erased.position);
  entries_.erase(entry);
  touch_locked();
  return erased;
}

Result<FileRef> MemDirectory::create(const std::string& name, const OpenRequest& request) {
  const mode_t mode = request.mode & ~request.caller.umask & 07777;
  std::shared_ptr<MemFile> file = TRY(make<MemFile>(fs_, mode, fs_.shared_pages()));
  FileRef opened = file->open_as_maker(request.flags);
  TRY(add(name, std::move(file)));
  return opened;
}

Result<FileRef> MemDirectory::create_unnamed(const OpenRequest& request) {
  TRY(check_mode(W_OK | X_OK));
  const mode_t mode = request.mode & ~request.caller.umask & 07777;
  std::shared_ptr<MemFile> file = TRY(make<MemFile>(fs_, mode, fs_.shared_pages()));
  FileRef opened = file->open_as_maker(request.flags);
  MutexLock lock(fs_.mutex());
  file->add_link_locked(-1);
  // fs/dcache.c, d_tmpfile().
  file->note_name_locked(std::static_pointer_cast<MemDirectory>(shared_from_this()),
                         "#" + std::to_string(file->inode()));
  return opened;
}

Result<> MemDirectory::make_directory(const std::string& name, mode_t mode) {
  auto directory = TRY(make<MemDirectory>(fs_, mode & 01777));
  return add(name, std::move(directory));
}

Result<> MemDirectory::make_node(const std::string& name, mode_t mode, dev_t) {
  if (!S_ISREG(mode)) return Errno(EPERM);
  std::shared_ptr<MemFile> file = TRY(make<MemFile>(fs_, mode & 07777, fs_.shared_pages()));
  return add(name, std::move(file));
}

Result<> MemDirectory::make_symlink(const std::string& name, const std::string& target) {
  Quota::One page;
  if (target.size() >= MemLink::kShortTarget) {
    if (!fs_.pages().take(1)) return Errno(ENOSPC);
    page = Quota::One(fs_.pages());
  }
  auto link = TRY(make<MemLink>(fs_, target, std::move(page)));
  return add(name, std::move(link));
}

Result<> MemDirectory::make_link(const std::string& name, Node& file) {
  if (file.is_directory()) return Errno(EPERM);
  auto node = std::static_pointer_cast<MemNode>(file.shared_from_this());
  // Links take memory, too, so they count as inodes (Linux: shmem_link()).
  if (!fs_.inodes().take(1)) return Errno(ENOSPC);
  TRY(add(name, node, Quota::One(fs_.inodes())));
  MutexLock lock(fs_.mutex());
  node->add_link_locked(1);
  return {};
}

Result<> MemDirectory::remove(const std::string& name, RemoveKind kind) {
  Entry erased;  // freed after the lock
  MutexLock lock(fs_.mutex());
  TRY(fs_.check(attributes_, W_OK | X_OK));
  Entries::iterator entry = TRY(find_locked(name));
  const std::shared_ptr<MemNode>& removed = entry->second.node;
  if (kind == RemoveKind::kFile) {
    if (removed->is_directory()) return Errno(EISDIR);
  } else {
    MemDirectory* directory = removed->as_directory();
    if (directory == nullptr) return Errno(removed->is_directory() ? EBUSY : ENOTDIR);
    if (!directory->entries_.empty()) return Errno(ENOTEMPTY);
    directory->removed_ = true;
    removed->add_link_locked(-1);
  }
  removed->add_link_locked(-1);
  erased = erase_locked(entry);
  return {};
}

bool MemDirectory::is_inside_locked(const MemNode& other) const {
  for (const MemDirectory* at = this; at != nullptr; at = at->parent_.get()) {
    if (at == &other) return true;
  }
  return false;
}

Result<> MemDirectory::may_replace_locked(MemNode& moved, MemNode& replaced) const {
  if (moved.is_directory() && !replaced.is_directory()) return Errno(ENOTDIR);
  if (!moved.is_directory() && replaced.is_directory()) return Errno(EISDIR);
  MemDirectory* directory = replaced.as_directory();
  if (directory != nullptr && !directory->entries_.empty()) return Errno(ENOTEMPTY);
  return {};
}

Result<> MemDirectory::rename(const std::string& name, Node& to, const std::string& new_name,
                              unsigned flags) {
  if ((flags & RENAME_WHITEOUT) != 0) return Errno(EINVAL);
  MemDirectory* target = static_cast<MemNode&>(to).as_directory();
  if (target == nullptr) return Errno(EACCES);
  if (new_name.size() > abi::kNameMax) return Errno(ENAMETOOLONG);
  std::shared_ptr<MemNode> replaced;  // freed after the lock
  MutexLock lock(fs_.mutex());
  Entries::iterator entry = TRY(find_locked(name));
  auto other = target->entries_.find(new_name);
  if (other != target->entries_.end()) replaced = other->second.node;
  TRY(fs_.check(attributes_, W_OK | X_OK));
  TRY(fs_.check(target->attributes_, W_OK | X_OK));
  return move_locked(entry, *target, new_name, flags);
}

Result<> MemDirectory::move_locked(Entries::iterator entry, MemDirectory& to,
                                   const std::string& new_name, unsigned flags) {
  std::shared_ptr<MemNode> moved = entry->second.node;
  auto other = to.entries_.find(new_name);
  const bool exists = other != to.entries_.end();
  if (to.removed_) return Errno(ENOENT);
  if (exists && (flags & RENAME_NOREPLACE) != 0) return Errno(EEXIST);
  if (to.is_inside_locked(*moved)) return Errno(EINVAL);
  if ((flags & RENAME_EXCHANGE) != 0) {
    if (!exists) return Errno(ENOENT);
    if (is_inside_locked(*other->second.node)) return Errno(EINVAL);
    swap_locked(entry, to, other);
    return {};
  }
  if (exists) {
    MemNode& replaced = *other->second.node;
    if (&replaced == moved.get()) return {};  // two names of one file: nothing happens
    if (is_inside_locked(replaced)) return Errno(ENOTEMPTY);
    TRY(may_replace_locked(*moved, replaced));
    if (MemDirectory* directory = replaced.as_directory()) {
      directory->removed_ = true;
      replaced.add_link_locked(-1);
    }
    replaced.add_link_locked(-1);
    static_cast<void>(to.erase_locked(other));
  }
  Entry erased = erase_locked(entry);
  moved->add_link_locked(0);
  to.insert_locked(new_name, std::move(erased));
  return {};
}

void MemDirectory::swap_locked(Entries::iterator mine, MemDirectory& to, Entries::iterator other) {
  if (mine->second.node == other->second.node) return;
  std::string my_name = mine->first;
  std::string other_name = other->first;
  Entry my_entry = erase_locked(mine);
  Entry other_entry = to.erase_locked(other);
  insert_locked(my_name, std::move(other_entry));
  to.insert_locked(other_name, std::move(my_entry));
}

std::vector<MemDirectory::Listed> MemDirectory::list_after(int64_t after, size_t most) {
  std::vector<Listed> listed;
  MutexLock lock(fs_.mutex());
  for (auto at = by_position_.upper_bound(after); at != by_position_.end(); ++at) {
    if (listed.size() == most) break;
    const MemNode& node = *entries_.find(at->second)->second.node;
    listed.push_back({at->second, node.inode(), node.kind(), at->first});
  }
  return listed;
}

// Guests decide how deep trees are, so neither end of a directory recurses.
MemDirectory::~MemDirectory() {
  std::shared_ptr<MemDirectory> at = std::move(parent_);
  while (at != nullptr && at.use_count() == 1) {
    std::shared_ptr<MemDirectory> above = std::move(at->parent_);
    at = std::move(above);
  }
}

void MemDirectory::dismantle() {
  std::vector<std::shared_ptr<MemNode>> pending;
  auto take = [this, &pending](MemDirectory& directory) {
    MutexLock lock(fs_.mutex());
    for (auto& [name, entry] : directory.entries_) pending.push_back(entry.node);
    directory.entries_.clear();
    directory.parent_ = nullptr;
  };
  take(*this);
  while (!pending.empty()) {
    std::shared_ptr<MemNode> node = std::move(pending.back());
    pending.pop_back();
    if (MemDirectory* directory = node->as_directory()) take(*directory);
  }
}

}  // namespace rawposix::fs
