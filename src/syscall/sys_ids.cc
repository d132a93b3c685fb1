// SPDX-License-Identifier: Apache-2.0
// getpid(2), gettid(2), and who one is: getuid(2), setuid(2), setreuid(2), setresuid(2),
// setfsuid(2), setgroups(2) and kin
#include <linux/capability.h>

#include <algorithm>
#include <utility>

#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

using cage::Credentials;
using cage::Ids;

// Linux's NGROUPS_MAX is 65536; each task keeps its own, so that many would be a way to use up
// memory.
constexpr int32_t kMostGroups = 1024;

Result<> tell(Task& task, const Ids& ids, UserOut<uint32_t> real, UserOut<uint32_t> effective,
              UserOut<uint32_t> saved) {
  TRY(task.memory().write(real, ids.real));
  TRY(task.memory().write(effective, ids.effective));
  return task.memory().write(saved, ids.saved);
}

// Changes ids by `change(ids, privileged)`, where `capability` is what gives the privilege.
template <class Change>
auto change_ids(Task& task, Ids Credentials::*ids, int capability, Change change) {
  Credentials fresh = task.credentials();
  auto outcome = change(fresh.*ids, fresh.can(capability));
  if constexpr (requires { outcome.ok(); }) {
    if (!outcome.ok()) return outcome;
  }
  fresh.adjust_capabilities(task.credentials().user);
  task.set_credentials(std::move(fresh));
  return outcome;
}

template <class Change>
auto change_user(Task& task, Change change) {
  return change_ids(task, &Credentials::user, CAP_SETUID, change);
}

template <class Change>
auto change_group(Task& task, Change change) {
  return change_ids(task, &Credentials::group, CAP_SETGID, change);
}

// What setfsuid(2) answers: the id before, as an int.
int64_t former_id(uint32_t id) { return static_cast<int32_t>(id); }

}  // namespace

Result<int64_t> sys_getpid(Task& task) { return task.cage().pid(); }
Result<int64_t> sys_gettid(Task& task) { return task.tid(); }
Result<int64_t> sys_getppid(Task& task) { return task.cage().parent_pid(); }
Result<int64_t> sys_getuid(Task& task) { return task.credentials().user.real; }
Result<int64_t> sys_geteuid(Task& task) { return task.credentials().user.effective; }
Result<int64_t> sys_getgid(Task& task) { return task.credentials().group.real; }
Result<int64_t> sys_getegid(Task& task) { return task.credentials().group.effective; }

Result<> sys_getresuid(Task& task, UserOut<uid_t> real, UserOut<uid_t> effective,
                       UserOut<uid_t> saved) {
  return tell(task, task.credentials().user, real, effective, saved);
}

Result<> sys_getresgid(Task& task, UserOut<gid_t> real, UserOut<gid_t> effective,
                       UserOut<gid_t> saved) {
  return tell(task, task.credentials().group, real, effective, saved);
}

Result<> sys_setuid(Task& task, uint32_t id) {
  return change_user(task, [&](Ids& ids, bool privileged) { return ids.set(id, privileged); });
}

Result<> sys_setgid(Task& task, uint32_t id) {
  return change_group(task, [&](Ids& ids, bool privileged) { return ids.set(id, privileged); });
}

Result<> sys_setreuid(Task& task, uint32_t real, uint32_t effective) {
  return change_user(task, [&](Ids& ids, bool privileged) {
    return ids.set_real_effective(real, effective, privileged);
  });
}

Result<> sys_setregid(Task& task, uint32_t real, uint32_t effective) {
  return change_group(task, [&](Ids& ids, bool privileged) {
    return ids.set_real_effective(real, effective, privileged);
  });
}

Result<> sys_setresuid(Task& task, uint32_t real, uint32_t effective, uint32_t saved) {
  return change_user(task, [&](Ids& ids, bool privileged) {
    return ids.set_all(real, effective, saved, privileged);
  });
}

Result<> sys_setresgid(Task& task, uint32_t real, uint32_t effective, uint32_t saved) {
  return change_group(task, [&](Ids& ids, bool privileged) {
    return ids.set_all(real, effective, saved, privileged);
  });
}

Result<int64_t> sys_setfsuid(Task& task, uint32_t id) {
  Credentials fresh = task.credentials();
  const uint32_t before = fresh.user.set_file_system(id, fresh.can(CAP_SETUID));
  fresh.adjust_file_capabilities(before);
  task.set_credentials(std::move(fresh));
  return former_id(before);
}

Result<int64_t> sys_setfsgid(Task& task, uint32_t id) {
  return former_id(change_group(
      task, [&](Ids& ids, bool privileged) { return ids.set_file_system(id, privileged); }));
}

Result<int64_t> sys_getgroups(Task& task, int32_t size, UserOut<gid_t> groups) {
  if (size < 0) return Errno(EINVAL);
  const std::vector<gid_t>& own = task.credentials().groups;
  int64_t count = static_cast<int64_t>(own.size());
  if (size == 0) return count;
  if (count > size) return Errno(EINVAL);
  TRY(task.memory().copy_out(groups.addr(), own.data(), own.size() * sizeof(gid_t)));
  return count;
}

Result<> sys_setgroups(Task& task, int32_t size, UserIn<gid_t> groups) {
  if (!task.credentials().can(CAP_SETGID)) return Errno(EPERM);
  if (size < 0 || size > kMostGroups) return Errno(EINVAL);
  std::vector<gid_t> wanted(static_cast<size_t>(size));
  TRY(task.memory().copy_in(wanted.data(), groups.addr(), wanted.size() * sizeof(gid_t)));
  for (gid_t group : wanted) {
    if (group == Ids::kUnchanged) return Errno(EINVAL);
  }
  Credentials fresh = task.credentials();
  fresh.groups = std::move(wanted);
  std::sort(fresh.groups.begin(), fresh.groups.end());  // as groups_sort() does
  task.set_credentials(std::move(fresh));
  return {};
}

}  // namespace rawposix::syscall
