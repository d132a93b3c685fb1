// SPDX-License-Identifier: Apache-2.0
// signalfd(2)
#include <sys/signalfd.h>

#include "cage/signal_file.h"
#include "syscall/files.h"

namespace rawposix::syscall {

Result<int64_t> sys_signalfd4(Task& task, FdNum fd, UserIn<abi::Sigset> mask, uint64_t size,
                              uint32_t flags) {
  static_assert(SFD_CLOEXEC == O_CLOEXEC && SFD_NONBLOCK == O_NONBLOCK);
  if (size != sizeof(abi::Sigset)) return Errno(EINVAL);
  const auto wanted = signal::SignalSet::from_raw(TRY(task.memory().read(mask)));
  if ((flags & ~uint32_t{SFD_CLOEXEC | SFD_NONBLOCK}) != 0) return Errno(EINVAL);
  const signal::SignalSet allowed = wanted & ~signal::kUnblockable;
  if (fd.value == -1) {
    fs::FdTable::Reservation number = TRY(reserve_fd(task, flags));
    return int64_t{std::move(number).fill(
        fs::make_file<cage::SignalFile>(allowed, static_cast<int>(flags & SFD_NONBLOCK)))};
  }
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  if (!file->is(fs::FileKind::kSignals)) return Errno(EINVAL);
  static_cast<cage::SignalFile&>(*file).set_wanted(allowed);
  task.cage().signals().arrivals().wake_all();
  return int64_t{fd.value};
}

Result<int64_t> sys_signalfd(Task& task, FdNum fd, UserIn<abi::Sigset> mask, uint64_t size) {
  return sys_signalfd4(task, fd, mask, size, 0);
}

}  // namespace rawposix::syscall
