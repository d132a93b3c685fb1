// SPDX-License-Identifier: Apache-2.0
#include "fs/fs_view.h"

#include <utility>

#include "fs/walk.h"

namespace rawposix::fs {

FsView::FsView(Namespace& space) : space_(space), working_directory_(space.root()) {}

NodeRef FsView::working_directory() const {
  MutexLock lock(mutex_);
  return working_directory_;
}

void FsView::set_working_directory(NodeRef directory) {
  // The old one is let go after the lock.
  MutexLock lock(mutex_);
  working_directory_.swap(directory);
}

Result<void, std::string> FsView::change_directory(const std::string& path) {
  Walker walker(root(), working_directory(), Caller{});
  Result<NodeRef> found = walker.walk(path, Follow::kYes);
  if (!found.ok()) return "cannot start in " + path + ": " + found.error().message();
  if (!found.value()->is_directory()) return "cannot start in " + path + ": not a directory";
  set_working_directory(std::move(found).value());
  return {};
}

std::unique_ptr<FsView> FsView::clone() const {
  auto copy = std::make_unique<FsView>(space_);
  copy->set_umask(umask());
  copy->set_working_directory(working_directory());
  return copy;
}

}  // namespace rawposix::fs
