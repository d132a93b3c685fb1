// SPDX-License-Identifier: Apache-2.0
// setpgid(2), setsid(2) and kin
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

Result<int64_t> number_of(const Result<pid_t>& id) {
  if (!id.ok()) return id.error();
  return int64_t{id.value()};
}

}  // namespace

Result<> sys_setpgid(Task& task, int32_t pid, int32_t group) {
  return task.world().tree().set_group(task.cage(), pid, group);
}

Result<int64_t> sys_getpgid(Task& task, int32_t pid) {
  return number_of(task.world().tree().group(task.cage(), pid));
}

Result<int64_t> sys_getpgrp(Task& task) { return sys_getpgid(task, 0); }

Result<int64_t> sys_setsid(Task& task) {
  return number_of(task.world().tree().create_session(task.cage()));
}

Result<int64_t> sys_getsid(Task& task, int32_t pid) {
  return number_of(task.world().tree().session(task.cage(), pid));
}

}  // namespace rawposix::syscall
