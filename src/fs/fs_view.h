// SPDX-License-Identifier: Apache-2.0
// Where a cage stands in its world's file tree: working directory and umask. The root is the
// tree's. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "fs/mount.h"
#include "support/mutex.h"

namespace rawposix::fs {

class FsView {
 public:
  // Stands in the tree's root, with the umask of the host process.
  explicit FsView(Namespace& space);

  Namespace& space() const { return space_; }
  NodeRef root() const { return space_.root(); }
  NodeRef working_directory() const;
  void set_working_directory(NodeRef directory);
  // For `--cwd`: as chdir(2), with a text for the user.
  Result<void, std::string> change_directory(const std::string& path);

  mode_t umask() const { return known(umask_.load(std::memory_order_relaxed)); }
  mode_t set_umask(mode_t mask) {
    return known(umask_.exchange(mask & 0777, std::memory_order_relaxed));
  }

  // For fork().
  std::unique_ptr<FsView> clone() const;

 private:
  // Until the cage sets its own.
  static constexpr mode_t kUmaskOfHost = ~mode_t{0};
  mode_t known(mode_t mask) const { return mask == kUmaskOfHost ? space_.host_umask() : mask; }

  Namespace& space_;
  std::atomic<mode_t> umask_ = kUmaskOfHost;
  mutable Mutex mutex_{LockRank::kMountView};
  NodeRef working_directory_ GUARDED_BY(mutex_);
};

}  // namespace rawposix::fs
