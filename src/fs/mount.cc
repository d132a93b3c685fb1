// SPDX-License-Identifier: Apache-2.0
#include "fs/mount.h"

#include <linux/magic.h>
#include <linux/major.h>
#include <sys/sysmacros.h>

#include "fs/host_class.h"
#include "fs/host_file.h"
#include "fs/mem_directory.h"
#include "fs/mem_file.h"
#include "host/descriptors.h"
#include "host/file.h"
#include "host/system.h"
#include "sfi/layout.h"

namespace rawposix::fs {
namespace {

// For the device number of files without a name, after those of all file systems in the tree.
constexpr unsigned kUnnamedIndex = 0xffff;

// Whether opening it again gives another description of the same. Other devices may give what is
// not the same (/dev/ptmx), named pipes would wait, files would lose the common offset.
bool can_be_opened_again(const struct stat& status, const struct statfs& file_system) {
  if (S_ISFIFO(status.st_mode)) return file_system.f_type == PIPEFS_MAGIC;
  return S_ISCHR(status.st_mode) && major(status.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR &&
         major(status.st_rdev) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
}

// A description of its own where there can be one: then whoever gave the stream doesn't see the
// cage set O_NONBLOCK.
Result<UniqueFd> duplicate_stream(int host_fd, int flags) {
  constexpr int kKept = abi::kAccessMode | O_APPEND | O_NONBLOCK | O_DIRECT;
  struct statfs file_system = TRY(host::file_system(host_fd));
  if (!is_ordinary_storage(file_system)) return Errno(EOPNOTSUPP);
  struct stat status = TRY(host::status(host_fd));
  if (can_be_opened_again(status, file_system)) {
    Result<UniqueFd> own = host::reopen(host_fd, flags & kKept);
    if (own.ok()) return own;
  }
  return host::duplicate(host_fd);
}

uint64_t memory_bytes(const Limits& limits) {
  if (limits.memory_bytes != 0) return limits.memory_bytes;
  const abi::Sysinfo machine = host::system_information();
  return std::min<uint64_t>(machine.total_ram * machine.unit_bytes / 2, uint64_t{2} << 30);
}

}  // namespace

bool Mount::is_clear(std::string_view path) const {
  if (inner.empty()) return true;
  size_t start = 0;
  while (start < path.size()) {
    size_t end = std::min(path.find('/', start), path.size());
    std::string_view name = path.substr(start, end - start);
    for (const Inner& entry : inner) {
      if (entry.name == name) return false;
    }
    start = end + 1;
  }
  return true;
}

Namespace::Namespace(const Limits& limits)
    : descriptors_(limits.descriptors != nullptr ? *limits.descriptors : host::descriptor_budget()),
      memory_pages_(memory_bytes(limits) / sfi::kPageSize),
      inodes_(limits.inodes),
      locks_(descriptors_) {
  streams_.space = read_only_streams_.space = this;
  streams_.kind = read_only_streams_.kind = MountKind::kStream;
  read_only_streams_.access = MountAccess::kReadOnly;
  unnamed_.space = this;
  unnamed_files_ = std::make_unique<MemFs>(unnamed_, kUnnamedIndex);
}

Namespace::~Namespace() {
  for (const std::unique_ptr<Mount>& mount : mounts_) {
    if (mount->kind != MountKind::kEmbedded || mount->root == nullptr) continue;
    static_cast<MemDirectory&>(*mount->root).dismantle();
  }
}

Mount& Namespace::add_mount(MountKind kind, MountAccess access) {
  mounts_.push_back(std::make_unique<Mount>());
  Mount& mount = *mounts_.back();
  mount.space = this;
  mount.kind = kind;
  mount.access = access;
  return mount;
}

mode_t Namespace::host_umask() {
  mode_t mask = host_umask_.load(std::memory_order_relaxed);
  if (mask != kUmaskUnknown) return mask;
  // Another thread may find it, too; the first one's counts.
  mode_t found = host::process_umask();
  return host_umask_.compare_exchange_strong(mask, found, std::memory_order_relaxed) ? found : mask;
}

Result<FileRef> Namespace::adopt_stream(int host_fd) {
  const int flags = TRY(host::control(host_fd, F_GETFL));
  CountedFd own = TRY(descriptors_.open([&] { return duplicate_stream(host_fd, flags); }));
  const FileKind kind = kind_of_device(S_IFCHR, own.get());
  if (kind == FileKind::kTerminal) terminals_.give(own.get(), flags);
  const bool writable = (flags & abi::kAccessMode) != O_RDONLY;
  return make_file<HostFile>(std::move(own), writable ? streams_ : read_only_streams_, nullptr,
                             kind);
}

Result<FileRef> Namespace::create_memory(const char* name, unsigned flags) {
  std::shared_ptr<MemFile> file = TRY(create_unnamed(0777, unnamed_files_->shared_pages()));
  TRY(file->content().create_on_host(name, flags));
  {
    MutexLock lock(unnamed_files_->mutex());
    file->note_name_locked({}, std::string("memfd:") + name);
  }
  return file->open_as_maker(O_RDWR);
}

Result<std::shared_ptr<MemFile>> Namespace::create_unnamed(mode_t mode,
                                                           std::shared_ptr<Quota> pages) {
  std::shared_ptr<MemFile> file =
      TRY(MemNode::make<MemFile>(*unnamed_files_, mode, std::move(pages)));
  MutexLock lock(unnamed_files_->mutex());
  file->add_link_locked(-1);
  return file;
}

Result<Namespace::Pipe> Namespace::create_pipe(int flags) {
  host::PipeEnds ends = TRY(host::create_pipe(flags));
  CountedFd reader = TRY(descriptors_.count(std::move(ends.reader)));
  CountedFd writer = TRY(descriptors_.count(std::move(ends.writer)));
  return Pipe{make_file<HostFile>(std::move(reader), streams_),
              make_file<HostFile>(std::move(writer), streams_)};
}

Result<std::string> Namespace::path_of(Node& node) const {
  return path_in_tree(node.mount(), node.path_in_mount());
}

Result<std::string> Namespace::shown_path(Node& node) const {
  return path_in_tree(node.mount(), node.last_path_in_mount());
}

Result<std::string> Namespace::path_in_tree(const Mount& of, Result<std::string> inside) const {
  if (!inside.ok()) {
    if (inside.error() == Errno(EXDEV)) return std::string("(unreachable)/");
    return inside.error();
  }
  std::string path = std::move(inside).value();
  for (const Mount* mount = &of; mount->outer_directory != nullptr;) {
    path.insert(0, "/" + mount->outer_name);
    std::string above = TRY(mount->outer_directory->path_in_mount());
    path.insert(0, above);
    mount = &mount->outer_directory->mount();
  }
  return path.empty() ? std::string("/") : path;
}

}  // namespace rawposix::fs
