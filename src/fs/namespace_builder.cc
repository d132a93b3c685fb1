// SPDX-License-Identifier: Apache-2.0
#include "fs/namespace_builder.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <utility>

#include "fs/descriptor_node.h"
#include "fs/host_class.h"
#include "fs/host_node.h"
#include "fs/mem_directory.h"
#include "fs/walk.h"
#include "host/file.h"

namespace rawposix::fs {
namespace {

// TRY for errors that are texts.
#define TRY_TEXT(expression)                   \
  do {                                         \
    auto outcome = (expression);               \
    if (!outcome.ok()) return outcome.error(); \
  } while (0)

// What the tree needs without any bind, and some.
constexpr uint64_t kFewestInodes = 64;

std::string cannot_bind(const Bind& bind, const std::string& why) {
  return "cannot bind " + bind.host_path + " to " + bind.guest_path + ": " + why;
}

std::string cannot_bind(const Bind& bind, Errno why) { return cannot_bind(bind, why.message()); }

}  // namespace

Result<Bind, std::string> Bind::parse(std::string_view text) {
  const std::string shown(text);
  Bind bind;
  if (text.ends_with(":ro") || text.ends_with(":rw")) {
    if (text.ends_with(":ro")) bind.access = MountAccess::kReadOnly;
    text.remove_suffix(3);
  }
  // The guest's path has no colon, so that a wrong option is no part of it; the host's may.
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || !text.substr(colon + 1).starts_with('/')) {
    return shown + ": give HOST:GUEST, HOST:GUEST:ro or HOST:GUEST:rw, with GUEST an absolute path";
  }
  bind.host_path = text.substr(0, colon);
  bind.guest_path = text.substr(colon + 1);
  return bind;
}

void NamespaceBuilder::set_root(std::string host_path, MountAccess access) {
  root_.host_path = std::move(host_path);
  root_.access = access;
}

Result<std::unique_ptr<Namespace>, std::string> NamespaceBuilder::build() {
  space_ = std::make_unique<Namespace>(limits_);
  if (limits_.inodes < kFewestInodes) return std::string("a cage needs more inodes than that");
  TRY_TEXT(build_root());
  TRY_TEXT(build_embedded());
  TRY_TEXT(build_proc());
  build_terminals();
  for (const Bind& bind : binds_) TRY_TEXT(build_bind(bind));
  for (const std::unique_ptr<MemFs>& fs : space_->embedded_) fs->let_time_pass();
  return std::move(space_);
}

NamespaceBuilder::Done NamespaceBuilder::build_root() {
  if (root_.host_path.empty()) {
    CHECK(add_embedded(0755).ok());
    return {};
  }
  Result<Mount*, std::string> mount = open_host(root_);
  if (!mount.ok()) return mount.error();
  if (!mount.value()->root->is_directory()) return cannot_bind(root_, Errno(ENOTDIR));
  return {};
}

Result<Mount*> NamespaceBuilder::add_embedded(mode_t mode) {
  Mount& mount = space_->add_mount(MountKind::kEmbedded, MountAccess::kReadWrite);
  auto index = static_cast<unsigned>(space_->embedded_.size());
  space_->embedded_.push_back(std::make_unique<MemFs>(mount, index));
  mount.root = TRY(MemNode::make<MemDirectory>(*space_->embedded_.back(), mode));
  return &mount;
}

// A directory of the root: of the embedded root itself, else of its own file system mounted there.
MemDirectory& NamespaceBuilder::embedded_directory(const char* name, mode_t mode) {
  const NodeRef root = space_->root();
  if (root->mount().kind == MountKind::kEmbedded) {
    auto& directory = static_cast<MemDirectory&>(*root);
    auto made = MemNode::make<MemDirectory>(directory.fs(), mode).value();
    CHECK(directory.add(name, made).ok());
    return *made;
  }
  Mount& mount = *add_embedded(mode).value();
  attach(mount, root, name);
  return static_cast<MemDirectory&>(*mount.root);
}

NamespaceBuilder::Done NamespaceBuilder::build_embedded() {
  add_devices(embedded_directory("dev", 0755));
  embedded_directory("tmp", 01777);
  return {};
}

NamespaceBuilder::Done NamespaceBuilder::build_proc() {
  if (!make_proc_) return {};
  Mount& mount = space_->add_mount(MountKind::kOther, MountAccess::kReadWrite);
  mount.root = make_proc_(mount);
  Result<> placed = place(mount, "/proc");
  if (!placed.ok()) return std::string("cannot mount /proc: ") + placed.error().message();
  return {};
}

// What can't be placed has no name: its stream works without.
void NamespaceBuilder::build_terminals() {
  std::vector<std::string> placed;
  for (const int host_fd : streams_) {
    const int flags = host::control(host_fd, F_GETFL).value_or(O_RDONLY);
    if ((flags & abi::kAccessMode) != O_RDWR || !host::terminal_device(host_fd).ok()) continue;
    Result<FileRef> file = space_->adopt_stream(host_fd);
    if (!file.ok()) continue;
    std::string name = shown_name(*file.value());
    const bool is_known = std::find(placed.begin(), placed.end(), name) != placed.end();
    if (!name.starts_with("/dev/") || name == "/dev/tty" || is_known) continue;
    Mount& mount = space_->add_mount(MountKind::kStream, MountAccess::kReadWrite);
    Result<NodeRef> node = node_behind(std::move(file).value(), mount);
    if (!node.ok()) continue;
    mount.root = std::move(node).value();
    if (place(mount, name).ok()) placed.push_back(std::move(name));
  }
}

void NamespaceBuilder::add_devices(MemDirectory& directory) {
  struct Device {
    const char* name;
    const char* host_path;
    dev_t number;
  };
  const Device kDevices[] = {
      {"null", "/dev/null", makedev(1, 3)},       {"zero", "/dev/zero", makedev(1, 5)},
      {"full", "/dev/full", makedev(1, 7)},       {"random", "/dev/random", makedev(1, 8)},
      {"urandom", "/dev/urandom", makedev(1, 9)}, {"tty", "/dev/tty", makedev(5, 0)},
  };
  MemFs& fs = directory.fs();
  for (const Device& device : kDevices) {
    auto node = MemNode::make<MemDevice>(fs, device.host_path, device.number).value();
    CHECK(directory.add(device.name, std::move(node)).ok());
  }
  CHECK(directory.make_symlink("fd", "/proc/self/fd").ok());
  CHECK(directory.make_symlink("stdin", "/proc/self/fd/0").ok());
  CHECK(directory.make_symlink("stdout", "/proc/self/fd/1").ok());
  CHECK(directory.make_symlink("stderr", "/proc/self/fd/2").ok());
}

Result<Mount*, std::string> NamespaceBuilder::open_host(const Bind& bind) {
  Result<UniqueFd> fd = host::open_outside(bind.host_path.c_str(), O_PATH);
  if (!fd.ok()) return cannot_bind(bind, fd.error());
  Result<abi::Stat> status = host::status(fd.value().get());
  if (!status.ok()) return cannot_bind(bind, status.error());
  const mode_t mode = status.value().st_mode;
  const bool is_device = S_ISCHR(mode) || S_ISBLK(mode);
  if (is_device && !is_harmless_device(mode, status.value().st_rdev)) {
    return cannot_bind(bind, "cages may not use this device");
  }
  Result<> readable =
      host::check_access(fd.value().get(), S_ISDIR(mode) ? R_OK | X_OK : R_OK, AT_EACCESS);
  if (!readable.ok()) return cannot_bind(bind, readable.error());
  Mount& mount = space_->add_mount(MountKind::kHost, bind.access);
  Result<NodeRef> root = HostNode::make(std::move(fd).value(), mount);
  if (!root.ok()) {
    return cannot_bind(bind, root.error() == Errno(EACCES)
                                 ? "not a file system of files, cages may not see it"
                                 : root.error().message());
  }
  mount.root = std::move(root).value();
  return &mount;
}

NamespaceBuilder::Done NamespaceBuilder::build_bind(const Bind& bind) {
  if (!bind.guest_path.starts_with('/')) return cannot_bind(bind, "the guest path is not absolute");
  Result<Mount*, std::string> mount = open_host(bind);
  if (!mount.ok()) return mount.error();
  Result<> placed = place(*mount.value(), bind.guest_path);
  if (!placed.ok()) return cannot_bind(bind, placed.error());
  return {};
}

// One component on the way to a mount point; a directory is made where there is none, on a host
// directory in memory.
Result<NodeRef> NamespaceBuilder::enter_or_make(const NodeRef& at, const std::string& name) {
  Walker walker(space_->root(), at, Caller{});
  Result<NodeRef> found = walker.walk(name, Follow::kYes);
  if (found.ok() || found.error() != Errno(ENOENT)) return found;
  if (at->mount().kind == MountKind::kEmbedded) {
    TRY(at->make_directory(name, 0755));
    return at->child(name, Caller{});
  }
  Mount* mount = TRY(add_embedded(0755));
  attach(*mount, at, name);
  return mount->root;
}

// The directory of a mount point.
Result<NodeRef> NamespaceBuilder::directory_at(const std::string& guest_path, std::string& name) {
  NodeRef at = space_->root();
  size_t start = 0;
  name.clear();
  while (start < guest_path.size()) {
    size_t end = std::min(guest_path.find('/', start), guest_path.size());
    std::string component = guest_path.substr(start, end - start);
    start = end + 1;
    if (component.empty() || component == ".") continue;
    if (component == "..") return Errno(EINVAL);
    if (!name.empty()) at = TRY(enter_or_make(at, name));
    name = std::move(component);
  }
  if (name.empty()) return Errno(EBUSY);  // "/": that is what a root is given for
  if (!at->is_directory()) return Errno(ENOTDIR);
  return at;
}

Result<> NamespaceBuilder::place(Mount& mount, const std::string& guest_path) {
  std::string name;
  NodeRef directory = TRY(directory_at(guest_path, name));
  // So that listings show it; what was there before is hidden.
  if (directory->mount().kind == MountKind::kEmbedded && !directory->child(name, {}).ok()) {
    if (mount.root->is_directory()) {
      TRY(directory->make_directory(name, 0755));
    } else {
      TRY(directory->make_node(name, S_IFREG | 0644, 0));
    }
  }
  attach(mount, directory, name);
  return {};
}

void NamespaceBuilder::attach(Mount& mount, const NodeRef& directory, const std::string& name) {
  mount.outer_directory = directory;
  mount.outer_name = name;
  auto& outer = const_cast<Mount&>(directory->mount());
  // The latest comes first: it hides earlier ones.
  outer.inner.insert(outer.inner.begin(), Mount::Inner{directory->key(), name, &mount});
}

}  // namespace rawposix::fs
