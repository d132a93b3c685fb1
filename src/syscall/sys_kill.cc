// SPDX-License-Identifier: Apache-2.0
// kill(2), tgkill(2), rt_sigqueueinfo(2)
#include <climits>
#include <csignal>

#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

// Everything in a world belongs to its user, but for init, which is the host.
Result<> check_target(int32_t number) {
  if (number != 0 && !signal::is_signal(number)) return Errno(EINVAL);
  return {};
}

abi::Siginfo from(const Task& task, int32_t number, int code) {
  return signal::sent_info(number, code, task.cage().pid(), task.cage().identity().uid);
}

Result<> send_to_cage(Task& task, int32_t pid, const abi::Siginfo& info) {
  if (pid == cage::World::kInitPid) return Errno(EPERM);
  std::shared_ptr<cage::Cage> target = task.world().tree().find(pid);
  if (target == nullptr) return Errno(ESRCH);
  if (info.signal == 0) return {};
  return target->signals().send(info);
}

using Cages = std::vector<std::shared_ptr<cage::Cage>>;

Result<> send_to_all(const Cages& cages, const abi::Siginfo& info) {
  if (cages.empty()) return Errno(ESRCH);
  if (info.signal == 0) return {};
  for (const std::shared_ptr<cage::Cage>& cage : cages) {
    static_cast<void>(cage->signals().send(info));
  }
  return {};
}

Result<> send_to_task(Task& task, int32_t group, int32_t tid, const abi::Siginfo& info) {
  std::shared_ptr<Task> target = task.world().tree().find_task(tid);
  if (target == nullptr) return Errno(ESRCH);
  if (group > 0 && target->cage().pid() != group) return Errno(ESRCH);
  if (info.signal == 0) return {};
  return target->cage().signals().send_to(*target, info);
}

// Nobody can pretend to be the kernel or kill() towards another.
Result<abi::Siginfo> read_info(Task& task, int32_t pid, int32_t number, UserIn<abi::Siginfo> from) {
  abi::Siginfo info = TRY(task.memory().read(from));
  info.signal = number;
  if ((info.code >= 0 || info.code == SI_TKILL) && pid != task.cage().pid()) return Errno(EPERM);
  return info;
}

}  // namespace

Result<> sys_kill(Task& task, int32_t pid, int32_t number) {
  cage::ProcessTree& tree = task.world().tree();
  abi::Siginfo info = from(task, number, SI_USER);
  if (pid > 0) {
    TRY(check_target(number));
    return send_to_cage(task, pid, info);
  }
  if (pid == INT_MIN) return Errno(ESRCH);
  TRY(check_target(number));
  if (pid == -1) {
    Cages others = tree.all();
    std::erase_if(others, [&](const auto& cage) { return cage.get() == &task.cage(); });
    return send_to_all(others, info);
  }
  pid_t group = pid == 0 ? TRY(tree.group(task.cage(), 0)) : -pid;
  return send_to_all(tree.group_members(group), info);
}

Result<> sys_tkill(Task& task, int32_t tid, int32_t number) {
  if (tid <= 0) return Errno(EINVAL);
  TRY(check_target(number));
  return send_to_task(task, 0, tid, from(task, number, SI_TKILL));
}

Result<> sys_tgkill(Task& task, int32_t group, int32_t tid, int32_t number) {
  if (tid <= 0 || group <= 0) return Errno(EINVAL);
  TRY(check_target(number));
  return send_to_task(task, group, tid, from(task, number, SI_TKILL));
}

Result<> sys_rt_sigqueueinfo(Task& task, int32_t pid, int32_t number, UserIn<abi::Siginfo> from) {
  abi::Siginfo info = TRY(read_info(task, pid, number, from));
  TRY(check_target(number));
  return send_to_cage(task, pid, info);
}

Result<> sys_rt_tgsigqueueinfo(Task& task, int32_t group, int32_t tid, int32_t number,
                               UserIn<abi::Siginfo> from) {
  if (tid <= 0 || group <= 0) return Errno(EINVAL);
  abi::Siginfo info = TRY(read_info(task, group, number, from));
  TRY(check_target(number));
  return send_to_task(task, group, tid, info);
}

}  // namespace rawposix::syscall
