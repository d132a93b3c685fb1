// SPDX-License-Identifier: Apache-2.0
// getrlimit(2), setrlimit(2), prlimit(2)
#include <linux/capability.h>

#include "cage/start.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

// Even a cage's root can't raise its hard limits, which are the host's protection.
Result<> change(cage::Cage& cage, uint32_t resource, const rlimit& limit) {
  TRY(cage.set_limit(resource, limit));
  cage::apply_memory_limits(cage);
  if (resource == RLIMIT_CPU) cage.timers().watch_cpu_limit();
  return {};
}

// Whose limits prlimit(2) is about. ESRCH, EPERM.
Result<std::shared_ptr<cage::Cage>> find_cage(Task& task, int32_t pid) {
  if (pid == 0 || pid == task.cage().pid()) return task.cage().shared_from_this();
  cage::ProcessTree::Bearer other = TRY(task.world().tree().find_bearer(pid));
  const cage::Credentials& own = task.credentials();
  const cage::Credentials its = other.credentials();
  const bool same = own.user.real == its.user.real && own.user.real == its.user.effective &&
                    own.user.real == its.user.saved && own.group.real == its.group.real &&
                    own.group.real == its.group.effective && own.group.real == its.group.saved;
  if (!same && !own.can(CAP_SYS_RESOURCE)) return Errno(EPERM);
  return std::move(other.cage);
}

}  // namespace

Result<> sys_getrlimit(Task& task, uint32_t resource, UserOut<rlimit> limit) {
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  return task.memory().write(limit, task.cage().limit(resource));
}

Result<> sys_setrlimit(Task& task, uint32_t resource, UserIn<rlimit> limit) {
  rlimit fresh = TRY(task.memory().read(limit));
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  return change(task.cage(), resource, fresh);
}

Result<> sys_prlimit64(Task& task, int32_t pid, uint32_t resource, UserIn<rlimit> fresh,
                       UserOut<rlimit> old) {
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  rlimit wanted{};
  if (!fresh.is_null()) wanted = TRY(task.memory().read(fresh));
  const std::shared_ptr<cage::Cage> target = TRY(find_cage(task, pid));
  rlimit before = target->limit(resource);
  if (!fresh.is_null()) TRY(change(*target, resource, wanted));
  return task.memory().write_if(old, before);
}

}  // namespace rawposix::syscall
