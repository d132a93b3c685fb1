// SPDX-License-Identifier: Apache-2.0
#include "fs/walk.h"

#include <utility>

#include "abi/fcntl.h"

namespace rawposix::fs {
namespace {

constexpr int kMostLinks = 40;  // MAXSYMLINKS

std::string without_leading_slashes(const std::string& path) {
  size_t first = path.find_first_not_of('/');
  return first == std::string::npos ? std::string() : path.substr(first);
}

// The last name and what is before it; trailing slashes belong to neither.
struct Split {
  std::string head;
  std::string tail;
  bool trailing_slash;
};

Split split_last(std::string_view path) {
  size_t end = path.find_last_not_of('/');
  if (end == std::string_view::npos) return {std::string(path), "", true};
  std::string_view trimmed = path.substr(0, end + 1);
  size_t slash = trimmed.rfind('/');
  const bool trailing = trimmed.size() < path.size();
  if (slash == std::string_view::npos) return {"", std::string(trimmed), trailing};
  return {std::string(trimmed.substr(0, slash + 1)), std::string(trimmed.substr(slash + 1)),
          trailing};
}

}  // namespace

Result<NodeRef> Walker::child(const std::string& name) {
  if (!at_->is_directory()) return Errno(ENOTDIR);
  if (at_->mount().kind == MountKind::kStream) return Errno(EACCES);
  if (const Mount* inner = at_->mount().inner_at(*at_, name)) return inner->root;
  if (name.size() > abi::kNameMax) return Errno(ENAMETOOLONG);
  return at_->child(name, caller_);
}

Result<NodeRef> Walker::up() {
  if (!at_->is_directory()) return Errno(ENOTDIR);
  if (at_->key() == root_->key() && &at_->mount() == &root_->mount()) return at_;
  if (!at_->mount().is_root(*at_)) return at_->parent();
  const NodeRef& outer = at_->mount().outer_directory;
  return outer != nullptr ? outer : at_;
}

Result<std::string> Walker::read_link(Node& link) {
  if (++links_ > kMostLinks) return Errno(ELOOP);
  std::string target = TRY(link.link_target());
  if (target.empty()) return Errno(ENOENT);
  return target;
}

Result<NodeRef> Walker::follow_magic_link(Node& link) {
  if (++links_ > kMostLinks) return Errno(ELOOP);
  return link.destination(caller_);
}

// Moves on to a node that a component named, or to where it leads.
Result<> Walker::enter(const NodeRef& node, std::string& rest, bool is_last, Follow follow) {
  if (!node->is_symlink() || (is_last && follow == Follow::kNo)) {
    at_ = node;
    return {};
  }
  if (node->is_magic_link()) {
    at_ = TRY(follow_magic_link(*node));
    return {};
  }
  std::string target = TRY(read_link(*node));
  if (target.front() == '/') at_ = root_;
  rest = rest.empty() ? std::move(target) : target + "/" + rest;
  rest = without_leading_slashes(std::move(rest));
  return {};
}

Result<> Walker::step(std::string& rest, Follow follow) {
  size_t end = rest.find('/');
  std::string name = rest.substr(0, end);
  const bool has_slash = end != std::string::npos;
  rest = has_slash ? without_leading_slashes(rest.substr(end)) : std::string();
  const bool is_last = rest.empty();
  if (is_last && has_slash) {
    must_be_directory_ = true;
    follow = Follow::kYes;
  }
  if (!at_->is_directory()) return Errno(ENOTDIR);
  if (name == ".") return {};
  if (name == "..") {
    at_ = TRY(up());
    return {};
  }
  NodeRef node = TRY(child(name));
  return enter(node, rest, is_last, follow);
}

Result<bool> Walker::advance_at_once(std::string& rest, Follow follow) {
  if (rest.size() >= abi::kPathMax || !at_->mount().is_clear(rest)) return false;
  Result<NodeRef> found = at_->descend(rest);
  if (!found.ok()) {
    if (found.error() == Errno(EXDEV)) return false;
    return found.error();
  }
  if (!found.value()->is_symlink() || follow == Follow::kNo) {
    at_ = std::move(found).value();
    return true;
  }
  // A link at the end: take what is before it at once, and leave the link to step().
  Split split = split_last(rest);
  if (split.head.empty()) return false;
  Result<NodeRef> before = at_->descend(split.head);
  if (!before.ok()) return false;
  at_ = std::move(before).value();
  rest = std::move(split.tail);
  return false;
}

Result<> Walker::advance(std::string rest, Follow follow) {
  if (!rest.empty() && rest.front() == '/') at_ = root_;
  rest = without_leading_slashes(std::move(rest));
  while (!rest.empty()) {
    bool done = TRY(advance_at_once(rest, follow));
    if (done) return {};
    TRY(step(rest, follow));
  }
  return {};
}

Result<NodeRef> Walker::walk(std::string_view path, Follow follow) {
  if (path.empty()) return Errno(ENOENT);
  TRY(advance(std::string(path), follow));
  if (must_be_directory_ && !at_->is_directory()) return Errno(ENOTDIR);
  return at_;
}

Result<Place> Walker::walk_to_last(std::string_view path) {
  if (path.empty()) return Errno(ENOENT);
  Split split = split_last(path);
  TRY(advance(std::move(split.head), Follow::kYes));
  if (!at_->is_directory()) return Errno(ENOTDIR);
  if (at_->mount().kind == MountKind::kStream) return Errno(EACCES);
  if (split.tail.size() > abi::kNameMax) return Errno(ENAMETOOLONG);
  return Place{at_, std::move(split.tail), split.trailing_slash};
}

Result<NodeRef> Walker::look_up(const Place& place) {
  at_ = place.directory;
  if (place.name.empty() || place.name == ".") return at_;
  if (place.name == "..") return up();
  return child(place.name);
}

Result<Place> Walker::follow_link(const Place& place, Node& link) {
  at_ = place.directory;
  std::string target = TRY(read_link(link));
  Place next = TRY(walk_to_last(target));
  next.trailing_slash |= place.trailing_slash;
  return next;
}

}  // namespace rawposix::fs
