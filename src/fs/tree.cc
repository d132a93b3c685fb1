// SPDX-License-Identifier: Apache-2.0
#include "fs/tree.h"

#include <linux/fs.h>

#include "fs/host_file.h"

namespace rawposix::fs {
namespace {

// Linux checks a file system's being read-only only for these kinds.
bool lives_in_file_system(const Node& node) {
  return S_ISREG(node.kind()) || S_ISDIR(node.kind()) || S_ISLNK(node.kind());
}

bool is_mount_point(const Place& place) {
  return place.directory->mount().inner_at(*place.directory, place.name) != nullptr;
}

// Where a new name goes: EEXIST if there is something, else what forbids to make it.
Result<Place> place_for_new(const PathContext& context, FdNum directory, const std::string& path,
                            mode_t kind) {
  Walker walker = TRY(context.walker(directory, path));
  Place place = TRY(walker.walk_to_last(path));
  if (place.is_special()) return Errno(EEXIST);
  Result<NodeRef> found = walker.look_up(place);
  if (found.ok()) return Errno(EEXIST);
  if (found.error() != Errno(ENOENT)) return found.error();
  // "new/" can only become a directory.
  if (place.trailing_slash && !S_ISDIR(kind)) return Errno(ENOENT);
  TRY(check_writable(*place.directory));
  return place;
}

Result<FileRef> open_node(const NodeRef& node, const OpenRequest& request) {
  if (node->is_symlink() && (request.flags & O_PATH) == 0) return Errno(ELOOP);
  if ((request.flags & O_DIRECTORY) != 0 && !node->is_directory()) return Errno(ENOTDIR);
  if ((request.flags & O_PATH) != 0) return make_file<PathFile>(node, request.flags);
  return node->open(request);
}

Result<FileRef> open_unnamed(const NodeRef& node, const OpenRequest& request) {
  if ((request.flags & abi::kAccessMode) == O_RDONLY) return Errno(EINVAL);
  if (!node->is_directory()) return Errno(ENOTDIR);
  TRY(check_writable(*node));
  return node->create_unnamed(request);
}

// The last component of an O_CREAT, which may be a link to something that doesn't exist yet.
Result<FileRef> open_or_create(Walker& walker, Place place, const OpenRequest& request) {
  constexpr int kMostRaces = 100;
  for (int races = 0; races < kMostRaces;) {
    if (place.is_special() || place.trailing_slash) return Errno(EISDIR);
    Result<NodeRef> found = walker.look_up(place);
    if (found.ok()) {
      if ((request.flags & O_EXCL) != 0) return Errno(EEXIST);
      const NodeRef& node = found.value();
      if (node->is_directory()) return Errno(EISDIR);
      if (!node->is_symlink()) return open_node(node, request);
      if ((request.flags & O_NOFOLLOW) != 0) return Errno(ELOOP);
      if (node->is_magic_link()) {
        NodeRef file = TRY(walker.follow_magic_link(*node));
        if (file->is_directory()) return Errno(EISDIR);
        return open_node(file, request);
      }
      place = TRY(walker.follow_link(place, *node));
      continue;
    }
    if (found.error() != Errno(ENOENT)) return found.error();
    TRY(check_writable(*place.directory));
    Result<FileRef> made = place.directory->create(place.name, request);
    if (made.ok() || made.error() != Errno(EEXIST) || (request.flags & O_EXCL) != 0) return made;
    races++;  // somebody else made it meanwhile
  }
  return Errno(EAGAIN);
}

// What mknod(2) makes of a mode: refused before the path is looked at.
Result<mode_t> kind_of_node(mode_t mode) {
  switch (mode & S_IFMT) {
    case 0:
    case S_IFREG:
      return S_IFREG;
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
      return mode & S_IFMT;
    case S_IFDIR:
      return Errno(EPERM);
    default:
      return Errno(EINVAL);
  }
}

}  // namespace

Result<NodeRef> PathContext::start(FdNum directory, const std::string& path) const {
  if (!path.empty() && path.front() == '/') return view.root();
  if (directory.value == AT_FDCWD) return view.working_directory();
  FdTable::Borrowed file = TRY(fds.borrow(directory));
  NodeRef node = file->node();
  if (node == nullptr || !node->is_directory()) return Errno(ENOTDIR);
  return node;
}

Result<Walker> PathContext::walker(FdNum directory, const std::string& path) const {
  if (path.empty()) return Errno(ENOENT);
  NodeRef from = TRY(start(directory, path));
  return Walker(view.root(), std::move(from), caller());
}

Result<NodeRef> PathContext::find(FdNum directory, const std::string& path, Follow follow,
                                  Empty empty) const {
  if (path.empty() && empty == Empty::kAllowed) {
    if (directory.value == AT_FDCWD) return view.working_directory();
    FdTable::Borrowed file = TRY(fds.borrow(directory));
    NodeRef node = file->node();
    if (node == nullptr) return Errno(EBADF);
    return node;
  }
  Walker from = TRY(walker(directory, path));
  return from.walk(path, follow);
}

Result<> check_writable(const Node& node) {
  if (node.mount().read_only()) return Errno(EROFS);
  return {};
}

Result<> check_access(Node& node, int mode, int flags, const Caller& caller) {
  if ((mode & W_OK) != 0 && lives_in_file_system(node)) TRY(check_writable(node));
  return node.check_access(mode, flags, caller);
}

Result<> change_directory(FsView& view, NodeRef node, const Caller& caller) {
  if (!node->is_directory()) return Errno(ENOTDIR);
  if (node->mount().kind == MountKind::kStream) return Errno(EACCES);
  TRY(node->check_access(X_OK, AT_EACCESS, caller));
  view.set_working_directory(std::move(node));
  return {};
}

Result<FileRef> open_at(const PathContext& context, FdNum directory, const std::string& path,
                        int flags, mode_t mode) {
  constexpr int kCreateDirectory = O_CREAT | O_DIRECTORY;
  const bool unnamed = (flags & O_TMPFILE) == O_TMPFILE;
  if ((flags & O_PATH) != 0) flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  if (!unnamed && (flags & kCreateDirectory) == kCreateDirectory) return Errno(EINVAL);
  if (unnamed && (flags & O_CREAT) != 0) return Errno(EINVAL);
  OpenRequest request{.flags = flags, .mode = mode, .caller = context.caller()};
  Walker walker = TRY(context.walker(directory, path));
  if ((flags & O_CREAT) != 0) {
    Place place = TRY(walker.walk_to_last(path));
    return open_or_create(walker, std::move(place), request);
  }
  Follow follow = (flags & O_NOFOLLOW) != 0 ? Follow::kNo : Follow::kYes;
  NodeRef node = TRY(walker.walk(path, follow));
  if (unnamed) return open_unnamed(node, request);
  return open_node(node, request);
}

Result<> make_directory_at(const PathContext& context, FdNum directory, const std::string& path,
                           mode_t mode) {
  Place place = TRY(place_for_new(context, directory, path, S_IFDIR));
  return place.directory->make_directory(place.name, mode & ~context.view.umask() & 01777);
}

Result<> make_node_at(const PathContext& context, FdNum directory, const std::string& path,
                      mode_t mode, dev_t device) {
  mode_t kind = TRY(kind_of_node(mode));
  Place place = TRY(place_for_new(context, directory, path, kind));
  mode_t permissions = mode & ~context.view.umask() & 07777;
  return place.directory->make_node(place.name, kind | permissions, device);
}

Result<> make_symlink_at(const PathContext& context, const std::string& target, FdNum directory,
                         const std::string& path) {
  if (target.empty()) return Errno(ENOENT);
  Place place = TRY(place_for_new(context, directory, path, S_IFLNK));
  return place.directory->make_symlink(place.name, target);
}

Result<> make_link_at(const PathContext& context, FdNum from, const std::string& old_path, FdNum to,
                      const std::string& new_path, int flags) {
  Follow follow = (flags & AT_SYMLINK_FOLLOW) != 0 ? Follow::kYes : Follow::kNo;
  using Empty = PathContext::Empty;
  Empty empty = (flags & AT_EMPTY_PATH) != 0 ? Empty::kAllowed : Empty::kRefused;
  NodeRef file = TRY(context.find(from, old_path, follow, empty));
  Place place = TRY(place_for_new(context, to, new_path, file->kind()));
  Node* source = file->as_link_source();
  if (source == nullptr || &source->mount() != &place.directory->mount()) return Errno(EXDEV);
  if (source->is_directory()) return Errno(EPERM);
  return place.directory->make_link(place.name, *source);
}

Result<> remove_at(const PathContext& context, FdNum directory, const std::string& path,
                   RemoveKind kind) {
  Walker walker = TRY(context.walker(directory, path));
  Place place = TRY(walker.walk_to_last(path));
  if (kind == RemoveKind::kDirectory) {
    if (place.name == "..") return Errno(ENOTEMPTY);
    if (place.name == ".") return Errno(EINVAL);
    if (place.name.empty()) return Errno(EBUSY);
  } else if (place.is_special()) {
    return Errno(EISDIR);
  }
  TRY(check_writable(*place.directory));
  if (is_mount_point(place)) return Errno(EBUSY);
  if (kind == RemoveKind::kFile && place.trailing_slash) {
    NodeRef found = TRY(walker.look_up(place));
    return Errno(found->is_directory() ? EISDIR : ENOTDIR);
  }
  return place.directory->remove(place.name, kind);
}

Result<> rename_at(const PathContext& context, FdNum from, const std::string& old_path, FdNum to,
                   const std::string& new_path, unsigned flags) {
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0) return Errno(EINVAL);
  const bool exchanges = (flags & RENAME_EXCHANGE) != 0;
  if (exchanges && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0) return Errno(EINVAL);
  // A whiteout is a device node.
  if ((flags & RENAME_WHITEOUT) != 0) return Errno(EPERM);
  Walker old_walker = TRY(context.walker(from, old_path));
  Place source = TRY(old_walker.walk_to_last(old_path));
  Walker new_walker = TRY(context.walker(to, new_path));
  Place target = TRY(new_walker.walk_to_last(new_path));
  if (&source.directory->mount() != &target.directory->mount()) return Errno(EXDEV);
  if (source.is_special()) return Errno(EBUSY);
  if (target.is_special()) return Errno((flags & RENAME_NOREPLACE) != 0 ? EEXIST : EBUSY);
  TRY(check_writable(*source.directory));
  if (is_mount_point(source) || is_mount_point(target)) return Errno(EBUSY);
  if (source.trailing_slash || target.trailing_slash) {
    NodeRef moved = TRY(old_walker.look_up(source));
    if (!moved->is_directory() && (source.trailing_slash || !exchanges)) return Errno(ENOTDIR);
  }
  return source.directory->rename(source.name, *target.directory, target.name, flags);
}

}  // namespace rawposix::fs
