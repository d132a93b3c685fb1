// SPDX-License-Identifier: Apache-2.0
#include "fs/mount.h"

#include "fs/host_class.h"
#include "fs/host_file.h"
#include "fs/mem_directory.h"
#include "host/descriptors.h"
#include "host/file.h"

namespace rawposix::fs {

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

Namespace::Namespace(mode_t host_umask, const Limits& limits)
    : host_umask_(host_umask),
      descriptors_(limits.descriptors != nullptr ? *limits.descriptors : host::descriptor_budget()),
      locks_(descriptors_) {
  streams_.space = read_only_streams_.space = this;
  streams_.kind = read_only_streams_.kind = MountKind::kStream;
  read_only_streams_.access = MountAccess::kReadOnly;
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
  mount.host_umask = host_umask_;
  return mount;
}

Result<FileRef> Namespace::adopt_stream(int host_fd) {
  CountedFd own = TRY(descriptors_.open([&] { return host::duplicate(host_fd); }));
  struct statfs file_system = TRY(host::file_system(own.get()));
  if (!is_ordinary_storage(file_system)) return Errno(EOPNOTSUPP);
  int flags = TRY(host::control(own.get(), F_GETFL));
  const FileKind kind = kind_of_device(S_IFCHR, own.get());
  if (kind == FileKind::kTerminal) terminals_.give(own.get(), flags);
  const bool writable = (flags & O_ACCMODE) != O_RDONLY;
  return make_file<HostFile>(std::move(own), writable ? streams_ : read_only_streams_, nullptr,
                             kind);
}

Result<FileRef> Namespace::create_memory(const char* name, unsigned flags) {
  CountedFd fd = TRY(descriptors_.open([&] { return host::create_memory(name, flags); }));
  return make_file<HostFile>(std::move(fd), streams_);
}

Result<Namespace::Pipe> Namespace::create_pipe(int flags) {
  host::PipeEnds ends = TRY(host::create_pipe(flags));
  CountedFd reader = TRY(descriptors_.count(std::move(ends.reader)));
  CountedFd writer = TRY(descriptors_.count(std::move(ends.writer)));
  return Pipe{make_file<HostFile>(std::move(reader), streams_),
              make_file<HostFile>(std::move(writer), streams_)};
}

Result<std::string> Namespace::path_of(Node& node) const {
  Result<std::string> inside = node.path_in_mount();
  if (!inside.ok()) {
    if (inside.error() == Errno(EXDEV)) return std::string("(unreachable)/");
    return inside.error();
  }
  std::string path = std::move(inside).value();
  for (const Mount* mount = &node.mount(); mount->outer_directory != nullptr;) {
    path.insert(0, "/" + mount->outer_name);
    std::string above = TRY(mount->outer_directory->path_in_mount());
    path.insert(0, above);
    mount = &mount->outer_directory->mount();
  }
  return path.empty() ? std::string("/") : path;
}

}  // namespace rawposix::fs
