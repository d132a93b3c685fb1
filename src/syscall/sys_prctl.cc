// SPDX-License-Identifier: Apache-2.0
// prctl(2)
#include <linux/capability.h>
#include <sys/prctl.h>

#include <array>

#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

constexpr size_t kNameSize = 16;  // TASK_COMM_LEN

Result<int64_t> set_name(Task& task, GuestAddr from) {
  // Cut off where a name ends, or where memory does.
  std::array<char, kNameSize> name{};
  for (size_t i = 0; i + 1 < name.size(); i++) {
    TRY(task.memory().copy_in(&name[i], from.plus(i), 1));
    if (name[i] == '\0') break;
  }
  task.set_name(name.data());
  return int64_t{0};
}

Result<int64_t> get_name(Task& task, GuestAddr to) {
  std::array<char, kNameSize> name{};
  task.name().copy(name.data(), name.size() - 1);
  TRY(task.memory().copy_out(to, name.data(), name.size()));
  return int64_t{0};
}

Result<int64_t> tell(Task& task, uint64_t to, int32_t value) {
  TRY(task.memory().write(UserOut<int32_t>(GuestAddr{to}), value));
  return int64_t{0};
}

Result<int64_t> no_new_privileges(Task& task, uint64_t second, uint64_t third, uint64_t fourth,
                                  uint64_t fifth) {
  if (second != 1 || third != 0 || fourth != 0 || fifth != 0) return Errno(EINVAL);
  task.cage().no_new_privileges = true;
  return int64_t{0};
}

}  // namespace

Result<int64_t> sys_prctl(Task& task, int32_t option, uint64_t second, uint64_t third,
                          uint64_t fourth, uint64_t fifth) {
  cage::ProcessTree& tree = task.world().tree();
  switch (option) {
    case PR_SET_NAME:
      return set_name(task, GuestAddr{second});
    case PR_GET_NAME:
      return get_name(task, GuestAddr{second});
    case PR_SET_PDEATHSIG:
      if (second > signal::kSignals) return Errno(EINVAL);
      tree.set_death_signal(task.cage(), static_cast<int>(second));
      return int64_t{0};
    case PR_GET_PDEATHSIG:
      return tell(task, second, tree.death_signal(task.cage()));
    case PR_SET_CHILD_SUBREAPER:
      tree.set_subreaper(task.cage(), second != 0);
      return int64_t{0};
    case PR_GET_CHILD_SUBREAPER:
      return tell(task, second, tree.is_subreaper(task.cage()) ? 1 : 0);
    case PR_SET_NO_NEW_PRIVS:
      return no_new_privileges(task, second, third, fourth, fifth);
    case PR_GET_NO_NEW_PRIVS:
      if (second != 0 || third != 0 || fourth != 0 || fifth != 0) return Errno(EINVAL);
      return int64_t{task.cage().no_new_privileges ? 1 : 0};
    case PR_GET_KEEPCAPS:
      return int64_t{task.credentials().keeps_capabilities ? 1 : 0};
    case PR_SET_KEEPCAPS: {
      if (second > 1) return Errno(EINVAL);
      cage::Credentials fresh = task.credentials();
      fresh.keeps_capabilities = second == 1;
      task.set_credentials(std::move(fresh));
      return int64_t{0};
    }
    case PR_GET_DUMPABLE:
      return int64_t{task.cage().dumpable ? 1 : 0};
    case PR_SET_DUMPABLE:
      if (second > 1) return Errno(EINVAL);
      task.cage().dumpable = second == 1;
      return int64_t{0};
    // Nothing of these is ever changed.
    case PR_GET_SECUREBITS:
    case PR_GET_SECCOMP:
    case PR_GET_TIMING:
    case PR_GET_THP_DISABLE:
      return int64_t{0};
    case PR_CAPBSET_READ:
      if (second > CAP_LAST_CAP) return Errno(EINVAL);
      return int64_t{1};
    default:
      return Errno(EINVAL);
  }
}

}  // namespace rawposix::syscall
