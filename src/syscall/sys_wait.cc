// SPDX-License-Identifier: Apache-2.0
// wait4(2), waitid(2)
#include <sys/wait.h>

#include <climits>
#include <csignal>

#include "cage/process_file.h"
#include "cage/wait.h"
#include "syscall/files.h"

namespace rawposix::syscall {
namespace {

constexpr uint32_t kWait4Options =
    WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
constexpr uint32_t kWaitidOptions =
    WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;

Result<cage::WaitTarget> wait4_target(Task& task, int32_t pid, uint32_t options) {
  using Kind = cage::WaitTarget::Kind;
  int own = static_cast<int>(options) | WEXITED;
  if (pid == INT_MIN) return Errno(ESRCH);
  if (pid == -1) return cage::WaitTarget{Kind::kAny, 0, own};
  if (pid > 0) return cage::WaitTarget{Kind::kPid, pid, own};
  pid_t group = pid == 0 ? TRY(task.world().tree().group(task.cage(), 0)) : -pid;
  return cage::WaitTarget{Kind::kGroup, group, own};
}

Result<cage::WaitTarget> waitid_target(Task& task, int32_t type, int32_t id, uint32_t options) {
  using Kind = cage::WaitTarget::Kind;
  int own = static_cast<int>(options);
  switch (type) {
    case P_ALL:
      return cage::WaitTarget{Kind::kAny, 0, own};
    case P_PID:
      if (id <= 0) return Errno(EINVAL);
      return cage::WaitTarget{Kind::kPid, id, own};
    case P_PGID: {
      if (id < 0) return Errno(EINVAL);
      pid_t group = id == 0 ? TRY(task.world().tree().group(task.cage(), 0)) : id;
      return cage::WaitTarget{Kind::kGroup, group, own};
    }
    case P_PIDFD: {
      if (id < 0) return Errno(EINVAL);
      fs::FdTable::Borrowed file = TRY(data_file(task, FdNum{id}));
      cage::ProcessFile* process = TRY(cage::ProcessFile::of(*file));
      if (!process->waits()) own |= WNOHANG;
      return cage::WaitTarget{Kind::kCage, 0, own, process->cage()};
    }
    default:
      return Errno(EINVAL);
  }
}

Result<std::optional<cage::ChildEvent>> wait_for_id(Task& task, int32_t type, int32_t id,
                                                    uint32_t options) {
  if ((options & ~kWaitidOptions) != 0) return Errno(EINVAL);
  if ((options & (WEXITED | WSTOPPED | WCONTINUED)) == 0) return Errno(EINVAL);
  const cage::WaitTarget target = TRY(waitid_target(task, type, id, options));
  std::optional<cage::ChildEvent> event = TRY(cage::wait_for_child(task, target));
  // One that doesn't wait says so, unless the caller doesn't want to wait anyway.
  if (!event && (options & WNOHANG) == 0) return Errno(EAGAIN);
  return event;
}

}  // namespace

Result<int64_t> sys_wait4(Task& task, int32_t pid, UserOut<int32_t> status, uint32_t options,
                          UserOut<abi::Rusage> usage) {
  if ((options & ~kWait4Options) != 0) return Errno(EINVAL);
  cage::WaitTarget target = TRY(wait4_target(task, pid, options));
  std::optional<cage::ChildEvent> event = TRY(cage::wait_for_child(task, target));
  if (!event) return int64_t{0};
  TRY(task.memory().write_if(status, event->wait_status()));
  TRY(task.memory().write_if(usage, event->usage.to_rusage()));
  return int64_t{event->pid};
}

Result<int64_t> sys_waitid(Task& task, int32_t type, int32_t id, GuestAddr info, uint32_t options,
                           UserOut<abi::Rusage> usage) {
  const Result<std::optional<cage::ChildEvent>> outcome = wait_for_id(task, type, id, options);
  const std::optional<cage::ChildEvent> event = outcome.value_or(std::nullopt);
  if (event) TRY(task.memory().write_if(usage, event->usage.to_rusage()));
  const Result<int64_t> answer = outcome.ok() ? Result<int64_t>(0) : outcome.error();
  if (info.is_null()) return answer;
  // Only these fields are written (kernel/exit.c); without an event, and with an error, all are
  // zero.
  const cage::ChildEvent told = event.value_or(cage::ChildEvent());
  auto put = [&](size_t offset, int32_t value) {
    return task.memory().write(UserOut<int32_t>(info.plus(offset)), value);
  };
  TRY(put(offsetof(siginfo_t, si_signo), event ? SIGCHLD : 0));
  TRY(put(offsetof(siginfo_t, si_errno), 0));
  TRY(put(offsetof(siginfo_t, si_code), told.code));
  TRY(put(offsetof(siginfo_t, si_pid), told.pid));
  TRY(put(offsetof(siginfo_t, si_uid), static_cast<int32_t>(told.uid)));
  TRY(put(offsetof(siginfo_t, si_status), told.status));
  return answer;
}

}  // namespace rawposix::syscall
