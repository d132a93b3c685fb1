// SPDX-License-Identifier: Apache-2.0
// A node of a host directory that was bound in. It pins the file with a descriptor; whatever is
// renamed around it meanwhile, it stays that file. Confinement rests on three rules:
//  - Linux is only ever asked for one name in a directory we hold, without following links, or for
//    a path below one under RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
//  - links are read and walked by us, from the cage's root;
//  - ".." is found again from the mount's root (see parent()), so a directory that was moved out of
//    the mount has none.
#pragma once

#include "fs/mount.h"
#include "fs/node.h"
#include "support/unique_fd.h"

namespace rawposix::fs {

class HostNode final : public Node {
 public:
  Node* as_link_source() override { return this; }
  // Takes an O_PATH descriptor. EACCES for files that a cage may not touch (host_class.h), ENFILE.
  static Result<NodeRef> make(UniqueFd fd, const Mount& mount);
  // The file behind an open description, which stays alive as long as the node.
  static Result<NodeRef> of_file(FileRef file, const Mount& mount);

  HostNode(CountedFd fd, FileRef file, const Mount& mount, const abi::Stat& status);

  NodeKey key() const override { return key_; }
  Result<abi::Stat> status() override;
  Result<abi::Stat> status_when_found() override { return found_; }
  Result<abi::Statx> extended_status(int flags, unsigned mask) override;
  Result<abi::Statfs> file_system() override;
  Result<std::string> link_target() override;
  Result<std::string> path_in_mount() override;
  Result<std::string> last_path_in_mount() override;

  Result<NodeRef> child(const std::string& name, const Caller& caller) override;
  Result<NodeRef> parent() override;
  Result<NodeRef> descend(const std::string& path) override;

  Result<FileRef> open(const OpenRequest& request) override;
  Result<FileRef> create(const std::string& name, const OpenRequest& request) override;
  Result<FileRef> create_unnamed(const OpenRequest& request) override;
  Result<> make_directory(const std::string& name, mode_t mode) override;
  Result<> make_node(const std::string& name, mode_t mode, dev_t device) override;
  Result<> make_symlink(const std::string& name, const std::string& target) override;
  Result<> make_link(const std::string& name, Node& file) override;
  Result<> remove(const std::string& name, RemoveKind kind) override;
  Result<> rename(const std::string& name, Node& to, const std::string& new_name,
                  unsigned flags) override;

  Result<> set_mode(mode_t mode) override;
  Result<> set_owner(uid_t user, gid_t group) override;
  Result<> set_times(const timespec times[2]) override;
  Result<> truncate(int64_t size) override;
  Result<> check_access(int mode, int flags, const Caller& caller) override;
  Result<size_t> get_attribute(const char* name, std::span<std::byte> value) override;
  Result<> set_attribute(const char* name, std::span<const std::byte> value, int flags) override;
  Result<size_t> list_attributes(std::span<std::byte> names) override;
  Result<> remove_attribute(const char* name) override;

  int fd() const { return fd_; }

 private:
  Descriptors& descriptors() const { return mount().space->descriptors(); }
  Result<NodeRef> parent_once();
  Result<UniqueFd> reopen(const OpenRequest& request) const;
  Result<> restore_mode(int fd, mode_t wanted) const;
  Result<> restore_mode_of_child(const std::string& name, mode_t wanted) const;

  const CountedFd own_;
  const FileRef file_;  // or the descriptor is this file's
  const int fd_;
  const NodeKey key_;
  const abi::Stat found_;
};

}  // namespace rawposix::fs
