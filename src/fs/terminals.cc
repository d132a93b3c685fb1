// SPDX-License-Identifier: Apache-2.0
#include "fs/terminals.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>

#include "host/file.h"

namespace rawposix::fs {

bool is_own_terminal(mode_t kind, dev_t device) { return S_ISCHR(kind) && device == makedev(5, 0); }

FileKind kind_of_device(mode_t kind, int host_fd) {
  if (!S_ISCHR(kind)) return FileKind::kData;
  return host::terminal_device(host_fd).ok() ? FileKind::kTerminal : FileKind::kData;
}

void Terminals::give(int host_fd, int flags) {
  if (!host::controls_this_process(host_fd)) return;
  Result<uint64_t> device = host::terminal_device(host_fd);
  if (!device.ok()) return;
  const int access = flags & abi::kAccessMode;
  MutexLock lock(mutex_);
  auto given = std::find_if(given_.begin(), given_.end(), [&](const Given& terminal) {
    return terminal.device == device.value();
  });
  if (given == given_.end()) given = given_.insert(given, {device.value(), false, false});
  given->reads = given->reads || access != O_WRONLY;
  given->writes = given->writes || access != O_RDONLY;
}

Result<> Terminals::check(int host_fd, int flags) const {
  const uint64_t device = TRY(host::terminal_device(host_fd));
  const int access = flags & abi::kAccessMode;
  MutexLock lock(mutex_);
  for (const Given& terminal : given_) {
    if (terminal.device != device) continue;
    const bool reads = access != O_WRONLY;
    const bool writes = access != O_RDONLY;
    if ((reads && !terminal.reads) || (writes && !terminal.writes)) return Errno(EACCES);
    return {};
  }
  return Errno(ENXIO);
}

}  // namespace rawposix::fs
