// SPDX-License-Identifier: Apache-2.0
// The files that cages of a world run, each kept once however many run it: a place in a bind holds
// a descriptor of the host's. Thread-safe. Lock order: kWorld.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "fs/node.h"
#include "support/mutex.h"

namespace rawposix::cage {

class Executables {
 public:
  // The place that is known for a file which was found by this path, or `file` itself. The path
  // keeps the names of one file apart.
  fs::NodeRef share(fs::NodeRef file, const std::string& path) EXCLUDES(mutex_);

 private:
  Mutex mutex_{LockRank::kWorld};
  std::map<std::pair<fs::NodeKey, std::string>, std::weak_ptr<fs::Node>> known_ GUARDED_BY(mutex_);
  size_t next_sweep_ GUARDED_BY(mutex_) = 64;  // entries
};

}  // namespace rawposix::cage
