// SPDX-License-Identifier: Apache-2.0
// Path resolution (man 7 path_resolution), always from the cage's own root: symbolic links are read
// and followed here, never by Linux, so that what they name is looked for in the cage's tree
// wherever they lie.
#pragma once

#include <string>
#include <string_view>

#include "fs/mount.h"
#include "fs/node.h"

namespace rawposix::fs {

enum class Follow : uint8_t { kNo, kYes };

// A name to make, change or remove, in a directory. An empty name stands for the tree's root, "."
// and ".." for themselves.
struct Place {
  NodeRef directory;
  std::string name;
  bool trailing_slash = false;

  bool is_special() const { return name.empty() || name == "." || name == ".."; }
};

// One resolution; counts the links that it meets.
class Walker {
 public:
  Walker(NodeRef root, NodeRef start, const Caller& caller)
      : root_(std::move(root)), at_(std::move(start)), caller_(caller) {}

  // The file at a path. ENOENT for an empty path. `follow` is about the last component only.
  Result<NodeRef> walk(std::string_view path, Follow follow);
  // All of the path but its last component; that one is not looked at.
  Result<Place> walk_to_last(std::string_view path);
  // What is at a place, links not followed.
  Result<NodeRef> look_up(const Place& place);
  // Goes on with a link that look_up() found at a place: resolves its target up to the last
  // component.
  Result<Place> follow_link(const Place& place, Node& link);
  Result<NodeRef> follow_magic_link(Node& link);

 private:
  Result<> advance(std::string rest, Follow follow);
  // Tries to take all of `rest` in one step; true if that did it.
  Result<bool> advance_at_once(std::string& rest, Follow follow);
  Result<> step(std::string& rest, Follow follow);
  Result<> enter(const NodeRef& node, std::string& rest, bool is_last, Follow follow);
  Result<std::string> read_link(Node& link);
  Result<NodeRef> up();
  Result<NodeRef> child(const std::string& name);

  const NodeRef root_;
  NodeRef at_;
  const Caller caller_;
  int links_ = 0;
  bool must_be_directory_ = false;
};

}  // namespace rawposix::fs
