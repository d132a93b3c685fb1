// SPDX-License-Identifier: Apache-2.0
// /dev/tty is the controlling terminal of this process, which a cage may use only if it was given:
// if one of its standard streams is that terminal, and for what that stream was opened for.
// Thread-safe. Lock order: LockRank::kMountView, a leaf here.
#pragma once

#include <sys/types.h>

#include <vector>

#include "fs/file.h"
#include "support/mutex.h"
#include "support/result.h"

namespace rawposix::fs {

// Whether a device node is /dev/tty, whatever its name.
bool is_own_terminal(mode_t kind, dev_t device);

// For an open file of type `kind`.
FileKind kind_of_device(mode_t kind, int host_fd);

class Terminals {
 public:
  // A stream that the cage gets; `flags` are its O_*. Nothing happens if it isn't the terminal.
  void give(int host_fd, int flags) EXCLUDES(mutex_);
  // For a descriptor of /dev/tty opened just now. ENXIO if the cage was not given the terminal, as
  // for a process without one; EACCES for reading or writing what was given without.
  Result<> check(int host_fd, int flags) const EXCLUDES(mutex_);

 private:
  struct Given {
    uint64_t device;
    bool reads;
    bool writes;
  };
  mutable Mutex mutex_{LockRank::kMountView};
  std::vector<Given> given_ GUARDED_BY(mutex_);  // one for each device
};

}  // namespace rawposix::fs
