// SPDX-License-Identifier: Apache-2.0
#include "cage/executables.h"

#include <algorithm>
#include <utility>

namespace rawposix::cage {

fs::NodeRef Executables::share(fs::NodeRef file, const std::string& path) {
  const fs::NodeKey key = file->key();
  MutexLock lock(mutex_);
  std::weak_ptr<fs::Node>& known = known_[{key, path}];
  if (fs::NodeRef shared = known.lock()) return shared;
  known = file;
  if (known_.size() >= next_sweep_) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    next_sweep_ = std::max<size_t>(64, 2 * known_.size());
  }
  return file;
}

}  // namespace rawposix::cage
