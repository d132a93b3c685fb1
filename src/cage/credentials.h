// SPDX-License-Identifier: Apache-2.0
// Who a task is (man 7 credentials, 7 capabilities), with the rules of kernel/sys.c for changing
// it. It is what cages see of each other and of themselves. Files are reached with the rights of
// the user who runs the host process, whatever stands here. Plain data.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "support/result.h"

namespace rawposix::cage {

// Sets of capabilities, a bit for each (linux/capability.h).
struct Capabilities {
  static constexpr uint64_t kAll = (uint64_t{1} << 41) - 1;  // up to CAP_CHECKPOINT_RESTORE

  uint64_t effective = 0;
  uint64_t permitted = 0;
  uint64_t inheritable = 0;
};

// Real, effective, saved and file system id, of a user or a group.
struct Ids {
  static constexpr uint32_t kUnchanged = ~0U;  // -1

  uint32_t real = 0;
  uint32_t effective = 0;
  uint32_t saved = 0;
  uint32_t file_system = 0;

  bool is_one_of(uint32_t id) const { return id == real || id == effective || id == saved; }
  // setuid(2), setreuid(2), setresuid(2) and their kin for groups. EPERM, EINVAL.
  Result<> set(uint32_t id, bool privileged);
  Result<> set_real_effective(uint32_t new_real, uint32_t new_effective, bool privileged);
  Result<> set_all(uint32_t new_real, uint32_t new_effective, uint32_t new_saved, bool privileged);
  // setfsuid(2): what can't be is left out; returns the one before.
  uint32_t set_file_system(uint32_t id, bool privileged);
};

struct Credentials {
  Ids user;
  Ids group;
  std::vector<gid_t> groups;
  Capabilities capabilities;
  bool keeps_capabilities = false;  // prctl(2), PR_SET_KEEPCAPS

  // Of the host process. Whoever is root there may do all in its world.
  static Credentials of_host();
  // In one group.
  static Credentials of_user(uid_t user, gid_t group);

  // `capability` is one of CAP_*.
  bool can(int capability) const { return (capabilities.effective >> capability & 1) != 0; }
  // After the user ids have changed from `before` (security/commoncap.c, cap_emulate_setxuid()).
  void adjust_capabilities(const Ids& before);
  // After setfsuid(2) (cap_task_fix_setuid(), LSM_SETID_FS).
  void adjust_file_capabilities(uint32_t before);
  // capset(2). EPERM.
  Result<> set_capabilities(const Capabilities& wanted);
  // execve(2): no program here has more rights than who executes it.
  void execute();
};

}  // namespace rawposix::cage
