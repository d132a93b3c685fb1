// SPDX-License-Identifier: Apache-2.0
// Makes the tree of a world: the embedded root or a directory of the host's in its place, /dev and
// /tmp in memory, and binds. Errors are texts for the user.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fs/mount.h"
#include "support/result.h"

namespace rawposix::fs {

class MemDirectory;

struct Bind {
  std::string host_path;
  std::string guest_path;  // absolute
  MountAccess access = MountAccess::kReadWrite;

  // "HOST:GUEST[:ro|:rw]".
  static Result<Bind, std::string> parse(std::string_view text);
};

class NamespaceBuilder {
 public:
  // Uses a host directory as the root. /dev and /tmp are still embedded ones, unless bound.
  void set_root(std::string host_path, MountAccess access);
  void add_bind(Bind bind) { binds_.push_back(std::move(bind)); }
  void set_limits(const Limits& limits) { limits_ = limits; }
  // A descriptor of the host's that a cage gets as a stream. If it is a terminal for reading and
  // writing, that has its own name in the tree, too, as programs want it (ttyname(3)).
  void add_stream(int host_fd) { streams_.push_back(host_fd); }
  // What is mounted at /proc: `make_root` gets the mount, which outlives all of its nodes.
  using MakeRoot = std::function<NodeRef(const Mount& mount)>;
  void set_proc(MakeRoot make_root) { make_proc_ = std::move(make_root); }

  Result<std::unique_ptr<Namespace>, std::string> build();

 private:
  using Done = Result<void, std::string>;

  Done build_root();
  Done build_embedded();
  Done build_proc();
  void build_terminals();
  Done build_bind(const Bind& bind);
  // A mount of the host path, not placed yet.
  Result<Mount*, std::string> open_host(const Bind& bind);
  Result<NodeRef> directory_at(const std::string& guest_path, std::string& name);
  Result<NodeRef> enter_or_make(const NodeRef& at, const std::string& name);
  Result<> place(Mount& mount, const std::string& guest_path);
  void attach(Mount& mount, const NodeRef& directory, const std::string& name);
  Result<Mount*> add_embedded(mode_t mode);
  MemDirectory& embedded_directory(const char* name, mode_t mode);
  static void add_devices(MemDirectory& directory);

  Bind root_{"", "/", MountAccess::kReadWrite};
  std::vector<Bind> binds_;
  std::vector<int> streams_;
  Limits limits_;
  MakeRoot make_proc_;
  std::unique_ptr<Namespace> space_;
};

}  // namespace rawposix::fs
