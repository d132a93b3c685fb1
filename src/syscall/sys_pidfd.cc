// SPDX-License-Identifier: Apache-2.0
// pidfd_open(2), pidfd_send_signal(2)
#include <csignal>

#include "cage/process_file.h"
#include "syscall/files.h"
#include "syscall/kill.h"

namespace rawposix::syscall {

Result<int64_t> sys_pidfd_open(Task& task, int32_t pid, uint32_t flags) {
  constexpr uint32_t kNonblock = O_NONBLOCK;  // PIDFD_NONBLOCK
  if ((flags & ~kNonblock) != 0 || pid <= 0) return Errno(EINVAL);
  cage::ProcessTree& tree = task.world().tree();
  std::shared_ptr<cage::Cage> cage = tree.find(pid);
  // A thread is no process.
  if (cage == nullptr) return Errno(tree.find_task(pid) != nullptr ? EINVAL : ESRCH);
  fs::FdTable::Reservation number = TRY(reserve_fd(task, O_CLOEXEC));
  return int64_t{std::move(number).fill(
      fs::make_file<cage::ProcessFile>(std::move(cage), static_cast<int>(flags)))};
}

Result<> sys_pidfd_send_signal(Task& task, FdNum fd, int32_t number, UserIn<abi::Siginfo> info,
                               uint32_t flags) {
  if (flags != 0) return Errno(EINVAL);
  fs::FdTable::Borrowed file = TRY(data_file(task, fd));
  cage::ProcessFile* process = TRY(cage::ProcessFile::of(*file));
  cage::Cage& target = *process->cage();
  const abi::Siginfo sent =
      info.is_null() ? info_from(task, number, SI_USER) : TRY(read_info(task, target.pid(), info));
  if (sent.signal != number) return Errno(EINVAL);
  TRY(check_number(number));
  if (process->reaped()) return Errno(ESRCH);
  return send_to(task, target, sent);
}

}  // namespace rawposix::syscall
