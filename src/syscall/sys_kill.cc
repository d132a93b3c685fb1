// SPDX-License-Identifier: Apache-2.0
// kill(2), tgkill(2), rt_sigqueueinfo(2)
#include <linux/capability.h>

#include <climits>
#include <csignal>

#include "syscall/kill.h"

namespace rawposix::syscall {
namespace {

// EPERM, as check_kill_permission() says.
Result<> check_rights(Task& task, const cage::Cage& target, int number) {
  TRY(check_number(number));
  if (&target == &task.cage()) return {};
  const cage::Credentials& own = task.credentials();
  const cage::Ids other = target.user();
  if (own.user.effective == other.saved || own.user.effective == other.real ||
      own.user.real == other.saved || own.user.real == other.real || own.can(CAP_KILL)) {
    return {};
  }
  cage::ProcessTree& tree = task.world().tree();
  if (number == SIGCONT) {
    const Result<pid_t> mine = tree.session(task.cage(), 0);
    const Result<pid_t> its = tree.session(task.cage(), target.pid());
    if (mine.ok() && its.ok() && mine.value() == its.value()) return {};
  }
  return Errno(EPERM);
}

Result<> send_to_cage(Task& task, int32_t pid, const abi::Siginfo& info) {
  if (pid == cage::World::kInitPid) return Errno(EPERM);
  std::shared_ptr<cage::Cage> target = task.world().tree().find_cage_of(pid);
  if (target == nullptr) return Errno(ESRCH);
  return send_to(task, *target, info);
}

using Cages = std::vector<std::shared_ptr<cage::Cage>>;

// ESRCH if there is none, EPERM if none may be sent it.
Result<> send_to_all(Task& task, const Cages& cages, const abi::Siginfo& info) {
  Result<> outcome = Errno(ESRCH);
  bool any = false;
  for (const std::shared_ptr<cage::Cage>& cage : cages) {
    outcome = check_rights(task, *cage, info.signal);
    if (!outcome.ok()) continue;
    any = true;
    if (info.signal != 0) static_cast<void>(cage->signals().send(info));
  }
  return any ? Result<>() : outcome;
}

Result<> send_to_task(Task& task, int32_t group, int32_t tid, const abi::Siginfo& info) {
  std::shared_ptr<Task> target = task.world().tree().find_task(tid);
  if (target == nullptr) {
    // A zombie is still there to be asked.
    std::shared_ptr<cage::Cage> zombie = task.world().tree().find(tid);
    if (zombie == nullptr || (group > 0 && group != tid)) return Errno(ESRCH);
    return check_rights(task, *zombie, info.signal);
  }
  if (group > 0 && target->cage().pid() != group) return Errno(ESRCH);
  TRY(check_rights(task, target->cage(), info.signal));
  if (info.signal == 0) return {};
  return target->cage().signals().send_to(*target, info);
}

// The number counts that is given apart.
Result<abi::Siginfo> read_info(Task& task, int32_t pid, int32_t number, UserIn<abi::Siginfo> from) {
  abi::Siginfo info = TRY(syscall::read_info(task, pid, from));
  info.signal = number;
  return info;
}

}  // namespace

Result<> check_number(int32_t number) {
  if (number != 0 && !signal::is_signal(number)) return Errno(EINVAL);
  return {};
}

abi::Siginfo info_from(const Task& task, int32_t number, int code) {
  return signal::sent_info(number, code, task.cage().pid(), task.credentials().user.real);
}

Result<abi::Siginfo> read_info(Task& task, pid_t target, UserIn<abi::Siginfo> from) {
  abi::Siginfo info = TRY(task.memory().read(from));
  if ((info.code >= 0 || info.code == SI_TKILL) && target != task.tid()) return Errno(EPERM);
  return info;
}

Result<> send_to(Task& task, cage::Cage& target, const abi::Siginfo& info) {
  TRY(check_rights(task, target, info.signal));
  if (info.signal == 0) return {};
  return target.signals().send(info);
}

Result<> sys_kill(Task& task, int32_t pid, int32_t number) {
  cage::ProcessTree& tree = task.world().tree();
  abi::Siginfo info = info_from(task, number, SI_USER);
  if (pid > 0) return send_to_cage(task, pid, info);
  if (pid == INT_MIN) return Errno(ESRCH);
  if (pid == -1) {
    Cages others = tree.all();
    std::erase_if(others, [&](const auto& cage) { return cage.get() == &task.cage(); });
    const Result<> sent = send_to_all(task, others, info);
    // kill_something_info() doesn't tell of those that it may not.
    return sent.ok() || sent.error() == Errno(EPERM) ? Result<>() : sent;
  }
  pid_t group = pid == 0 ? TRY(tree.group(task.cage(), 0)) : -pid;
  return send_to_all(task, tree.group_members(group), info);
}

Result<> sys_tkill(Task& task, int32_t tid, int32_t number) {
  if (tid <= 0) return Errno(EINVAL);
  return send_to_task(task, 0, tid, info_from(task, number, SI_TKILL));
}

Result<> sys_tgkill(Task& task, int32_t group, int32_t tid, int32_t number) {
  if (tid <= 0 || group <= 0) return Errno(EINVAL);
  return send_to_task(task, group, tid, info_from(task, number, SI_TKILL));
}

Result<> sys_rt_sigqueueinfo(Task& task, int32_t pid, int32_t number, UserIn<abi::Siginfo> from) {
  abi::Siginfo info = TRY(read_info(task, pid, number, from));
  return send_to_cage(task, pid, info);
}

Result<> sys_rt_tgsigqueueinfo(Task& task, int32_t group, int32_t tid, int32_t number,
                               UserIn<abi::Siginfo> from) {
  if (tid <= 0 || group <= 0) return Errno(EINVAL);
  abi::Siginfo info = TRY(read_info(task, tid, number, from));
  return send_to_task(task, group, tid, info);
}

}  // namespace rawposix::syscall
