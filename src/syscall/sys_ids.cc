// SPDX-License-Identifier: Apache-2.0
// getpid(2), gettid(2), getuid(2), getresuid(2), getgroups(2) and kin
#include "syscall/handlers.h"

namespace rawposix::syscall {

Result<int64_t> sys_getpid(Task& task) { return task.cage().pid(); }
Result<int64_t> sys_gettid(Task& task) { return task.tid(); }
Result<int64_t> sys_getppid(Task& task) { return task.cage().parent_pid(); }
Result<int64_t> sys_getuid(Task& task) { return task.cage().identity().uid; }
Result<int64_t> sys_geteuid(Task& task) { return task.cage().identity().euid; }
Result<int64_t> sys_getgid(Task& task) { return task.cage().identity().gid; }
Result<int64_t> sys_getegid(Task& task) { return task.cage().identity().egid; }

Result<> sys_getresuid(Task& task, UserOut<uid_t> real, UserOut<uid_t> effective,
                       UserOut<uid_t> saved) {
  const cage::Identity& identity = task.cage().identity();
  TRY(task.memory().write(real, identity.uid));
  TRY(task.memory().write(effective, identity.euid));
  return task.memory().write(saved, identity.euid);
}

Result<> sys_getresgid(Task& task, UserOut<gid_t> real, UserOut<gid_t> effective,
                       UserOut<gid_t> saved) {
  const cage::Identity& identity = task.cage().identity();
  TRY(task.memory().write(real, identity.gid));
  TRY(task.memory().write(effective, identity.egid));
  return task.memory().write(saved, identity.egid);
}

Result<int64_t> sys_getgroups(Task& task, int32_t size, UserOut<gid_t> groups) {
  if (size < 0) return Errno(EINVAL);
  const std::vector<gid_t>& own = task.cage().identity().groups;
  int64_t count = static_cast<int64_t>(own.size());
  if (size == 0) return count;
  if (count > size) return Errno(EINVAL);
  TRY(task.memory().copy_out(groups.addr(), own.data(), own.size() * sizeof(gid_t)));
  return count;
}

}  // namespace rawposix::syscall
