// SPDX-License-Identifier: Apache-2.0
// getrlimit(2), setrlimit(2), prlimit(2)
#include "cage/start.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

Result<> change(Task& task, uint32_t resource, const rlimit& limit) {
  TRY(task.cage().set_limit(resource, limit));
  cage::apply_memory_limits(task.cage());
  return {};
}

}  // namespace

Result<> sys_getrlimit(Task& task, uint32_t resource, UserOut<rlimit> limit) {
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  return task.memory().write(limit, task.cage().limit(resource));
}

Result<> sys_setrlimit(Task& task, uint32_t resource, UserIn<rlimit> limit) {
  rlimit fresh = TRY(task.memory().read(limit));
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  return change(task, resource, fresh);
}

Result<> sys_prlimit64(Task& task, int32_t pid, uint32_t resource, UserIn<rlimit> fresh,
                       UserOut<rlimit> old) {
  if (resource >= RLIM_NLIMITS) return Errno(EINVAL);
  rlimit wanted{};
  if (!fresh.is_null()) wanted = TRY(task.memory().read(fresh));
  if (pid != 0 && pid != task.cage().pid()) return Errno(ESRCH);
  rlimit before = task.cage().limit(resource);
  if (!fresh.is_null()) TRY(change(task, resource, wanted));
  return task.memory().write_if(old, before);
}

}  // namespace rawposix::syscall
