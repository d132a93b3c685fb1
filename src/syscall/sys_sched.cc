// SPDX-License-Identifier: Apache-2.0
// sched_setscheduler(2) and kin, getpriority(2), setpriority(2). Policies and nice values are kept
// and shown; the host schedules all tasks alike.
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

#include "abi/sched.h"
#include "host/system.h"
#include "syscall/extensible.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

using Bearer = cage::ProcessTree::Bearer;
using Bearers = std::vector<Bearer>;

constexpr int kMostRealTime = 99;
constexpr size_t kMostProcessors = 8192;      // NR_CPUS of Debian's kernels
constexpr uint32_t kSmallestAttributes = 48;  // SCHED_ATTR_SIZE_VER0
constexpr int kNiceRange = 20;                // getpriority() tells 20 - nice

bool is_ordinary(int policy) {
  return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

// ESRCH.
Result<Bearer> find(Task& task, int32_t tid) {
  if (tid < 0) return Errno(EINVAL);
  if (tid == 0) return Bearer{task.cage().shared_from_this(), task.shared_from_this()};
  return task.world().tree().find_bearer(tid);
}

// All tasks of a cage, or what is left of the first one.
void add_bearers(Bearers& to, const std::shared_ptr<cage::Cage>& cage) {
  const std::vector<std::shared_ptr<Task>> tasks = cage->tasks();
  for (const auto& task : tasks) to.push_back({cage, task});
  if (tasks.empty()) to.push_back({cage, nullptr});
}

// What getpriority(2) and setpriority(2) are about; ESRCH if there is none.
Result<Bearers> select(Task& task, int32_t which, int32_t who) {
  cage::ProcessTree& tree = task.world().tree();
  Bearers bearers;
  switch (which) {
    case PRIO_PROCESS: {
      Result<Bearer> one = find(task, who);
      if (one.ok()) bearers.push_back(std::move(one).value());
      break;
    }
    case PRIO_PGRP: {
      const pid_t group = who == 0 ? TRY(tree.group(task.cage(), 0)) : who;
      for (const auto& cage : tree.group_members(group)) add_bearers(bearers, cage);
      break;
    }
    case PRIO_USER: {
      const uid_t user = who == 0 ? task.credentials().user.real : static_cast<uid_t>(who);
      for (const auto& cage : tree.all()) {
        if (cage->user().real == user) add_bearers(bearers, cage);
      }
      break;
    }
    default:
      return Errno(EINVAL);
  }
  if (bearers.empty()) return Errno(ESRCH);
  return bearers;
}

int policy_of(const cage::Scheduling& scheduling) {
  return scheduling.policy | (scheduling.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
}

bool owns(const Task& task, const Bearer& other) {
  const cage::Credentials& own = task.credentials();
  const cage::Ids user = other.cage->user();
  return own.user.effective == user.real || own.user.effective == user.effective ||
         own.can(CAP_SYS_NICE);
}

bool may_have_nice(const Task& task, const Bearer& other, int nice) {
  return static_cast<rlim_t>(kNiceRange - nice) <= other.cage->limit(RLIMIT_NICE).rlim_cur ||
         task.credentials().can(CAP_SYS_NICE);
}

struct Wanted {
  int policy = SCHED_OTHER;
  bool reset_on_fork = false;
  int64_t priority = 0;
  std::optional<int> nice;
};

// kernel/sched/syscalls.c, __sched_setscheduler().
Result<> set_policy(Task& task, const Bearer& other, const Wanted& wanted) {
  cage::Scheduling& now = other.scheduling();
  const int policy = wanted.policy;
  const bool real_time = policy == SCHED_FIFO || policy == SCHED_RR;
  if (!is_ordinary(policy) && !real_time) return Errno(EINVAL);
  if (real_time ? wanted.priority < 1 || wanted.priority > kMostRealTime : wanted.priority != 0) {
    return Errno(EINVAL);
  }
  // The host process could not give it.
  if (real_time) return Errno(EPERM);
  const bool takes_nice = wanted.nice && policy != SCHED_IDLE;
  if (takes_nice && *wanted.nice < now.nice && !may_have_nice(task, other, *wanted.nice)) {
    return Errno(EPERM);
  }
  if (now.policy == SCHED_IDLE && policy != SCHED_IDLE && !may_have_nice(task, other, now.nice)) {
    return Errno(EPERM);
  }
  if (!owns(task, other)) return Errno(EPERM);
  if (now.reset_on_fork && !wanted.reset_on_fork && !task.credentials().can(CAP_SYS_NICE)) {
    return Errno(EPERM);
  }
  now.policy = policy;
  now.reset_on_fork = wanted.reset_on_fork;
  if (takes_nice) now.nice = *wanted.nice;
  return {};
}

Wanted wanted_of(int policy_and_flag, int priority) {
  return {policy_and_flag & ~SCHED_RESET_ON_FORK, (policy_and_flag & SCHED_RESET_ON_FORK) != 0,
          priority, std::nullopt};
}

// Of sched_setattr(2), which tells the size that the kernel knows where it can't do with another.
Result<abi::SchedAttributes> read_attributes(Task& task, GuestAddr address) {
  using Size = decltype(abi::SchedAttributes::size);
  Size size = TRY(task.memory().read(UserIn<Size>(address)));
  if (size == 0) size = kSmallestAttributes;
  Result<abi::SchedAttributes> attributes = Errno(E2BIG);
  if (size >= kSmallestAttributes)
    attributes = read_extensible<abi::SchedAttributes>(task, address, size);
  if (!attributes.ok() && attributes.error() == Errno(E2BIG)) {
    TRY(task.memory().write(UserOut<Size>(address), Size{sizeof(abi::SchedAttributes)}));
  }
  return attributes;
}

}  // namespace

Result<int64_t> sys_sched_get_priority_max(Task&, int32_t policy) {
  if (policy == SCHED_FIFO || policy == SCHED_RR) return int64_t{kMostRealTime};
  if (is_ordinary(policy) || policy == SCHED_DEADLINE) return int64_t{0};
  return Errno(EINVAL);
}

Result<int64_t> sys_sched_get_priority_min(Task& task, int32_t policy) {
  const int64_t most = TRY(sys_sched_get_priority_max(task, policy));
  return int64_t{most > 0 ? 1 : 0};
}

Result<int64_t> sys_sched_getscheduler(Task& task, int32_t tid) {
  return int64_t{policy_of(TRY(find(task, tid)).scheduling())};
}

Result<> sys_sched_setscheduler(Task& task, int32_t tid, int32_t policy, UserIn<int32_t> priority) {
  if (policy < 0 || priority.is_null() || tid < 0) return Errno(EINVAL);
  const int32_t wanted = TRY(task.memory().read(priority));
  const Bearer other = TRY(find(task, tid));
  return set_policy(task, other, wanted_of(policy, wanted));
}

Result<> sys_sched_getparam(Task& task, int32_t tid, UserOut<int32_t> priority) {
  if (priority.is_null()) return Errno(EINVAL);
  TRY(find(task, tid));
  return task.memory().write(priority, 0);
}

Result<> sys_sched_setparam(Task& task, int32_t tid, UserIn<int32_t> priority) {
  if (priority.is_null() || tid < 0) return Errno(EINVAL);
  const int32_t wanted = TRY(task.memory().read(priority));
  const Bearer other = TRY(find(task, tid));
  return set_policy(task, other, wanted_of(policy_of(other.scheduling()), wanted));
}

Result<> sys_sched_setattr(Task& task, int32_t tid, GuestAddr attributes, uint32_t flags) {
  constexpr uint64_t kKnown = SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM |
                              SCHED_FLAG_DL_OVERRUN | SCHED_FLAG_KEEP_ALL | SCHED_FLAG_UTIL_CLAMP;
  if (attributes.is_null() || tid < 0 || flags != 0) return Errno(EINVAL);
  const abi::SchedAttributes given = TRY(read_attributes(task, attributes));
  if (static_cast<int32_t>(given.policy) < 0) return Errno(EINVAL);
  const Bearer other = TRY(find(task, tid));
  if ((given.flags & ~kKnown) != 0) return Errno(EINVAL);
  if ((given.flags & SCHED_FLAG_UTIL_CLAMP) != 0) return Errno(EOPNOTSUPP);
  Wanted wanted{static_cast<int>(given.policy), (given.flags & SCHED_FLAG_RESET_ON_FORK) != 0,
                given.priority, std::clamp(given.nice, -kNiceRange, kNiceRange - 1)};
  // The policy counts as one of the parameters.
  if ((given.flags & SCHED_FLAG_KEEP_PARAMS) != 0) {
    wanted.policy = other.scheduling().policy;
    wanted.priority = 0;
    wanted.nice = std::nullopt;
  }
  if ((given.flags & SCHED_FLAG_KEEP_POLICY) != 0) {
    wanted.policy = other.scheduling().policy;
    wanted.reset_on_fork = other.scheduling().reset_on_fork;
  } else if (wanted.policy == SCHED_DEADLINE) {
    // As the real-time ones. Without a deadline there is nothing to ask for.
    return Errno(given.deadline == 0 ? EINVAL : EPERM);
  }
  return set_policy(task, other, wanted);
}

Result<> sys_sched_getattr(Task& task, int32_t tid, GuestAddr attributes, uint32_t size,
                           uint32_t flags) {
  if (attributes.is_null() || tid < 0 || flags != 0) return Errno(EINVAL);
  if (size < kSmallestAttributes || size > sfi::kPageSize) return Errno(EINVAL);
  const Bearer other = TRY(find(task, tid));
  const cage::Scheduling& now = other.scheduling();
  abi::SchedAttributes shown{};
  shown.size = std::min<uint32_t>(size, sizeof shown);
  shown.policy = static_cast<uint32_t>(now.policy);
  shown.flags = now.reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
  shown.nice = now.nice;
  TRY(task.memory().fill(GuestAddr{attributes.value + shown.size}, std::byte{}, size - shown.size));
  return task.memory().copy_out(attributes, &shown, shown.size);
}

Result<> sys_sched_rr_get_interval(Task& task, int32_t tid, UserOut<timespec> interval) {
  TRY(find(task, tid));
  return task.memory().write(interval, TRY(host::time_slice()));
}

Result<> sys_sched_setaffinity(Task& task, int32_t tid, uint32_t size, GuestAddr mask) {
  std::vector<std::byte> bits(std::min<size_t>(size, kMostProcessors / 8));
  TRY(task.memory().copy_in(bits.data(), mask, bits.size()));
  if (tid < 0) return Errno(ESRCH);
  const Bearer other = TRY(find(task, tid));
  if (!owns(task, other)) return Errno(EPERM);
  if (other.task == nullptr) return {};
  return other.task->set_processors(std::move(bits));
}

Result<int64_t> sys_sched_getaffinity(Task& task, int32_t tid, uint32_t size, GuestAddr mask) {
  if (size % sizeof(uint64_t) != 0) return Errno(EINVAL);
  if (tid < 0) return Errno(ESRCH);
  const Bearer other = TRY(find(task, tid));
  std::array<std::byte, kMostProcessors / 8> processors{};
  // Before its thread has begun, or after, a task has this one's.
  const pid_t thread = other.task != nullptr ? other.task->waiter().thread() : 0;
  const size_t used = TRY(host::usable_processors(thread, processors));
  // Linux asks for as much as its processors take; of these we know those that may be used.
  const size_t told = std::min<size_t>(size, used);
  const auto rest = std::span(processors).subspan(told);
  const bool fits =
      std::all_of(rest.begin(), rest.end(), [](std::byte byte) { return byte == std::byte{}; });
  if (told == 0 || !fits) return Errno(EINVAL);
  TRY(task.memory().copy_out(mask, processors.data(), told));
  return static_cast<int64_t>(told);
}

Result<int64_t> sys_getpriority(Task& task, int32_t which, int32_t who) {
  const Bearers bearers = TRY(select(task, which, who));
  int least = kNiceRange - 1;
  for (const Bearer& each : bearers) least = std::min<int>(least, each.scheduling().nice);
  return int64_t{kNiceRange - least};
}

Result<> sys_setpriority(Task& task, int32_t which, int32_t who, int32_t nice) {
  const Bearers bearers = TRY(select(task, which, who));
  nice = std::clamp(nice, -kNiceRange, kNiceRange - 1);
  // As set_one_prio(): the last error counts, and others are changed all the same.
  Result<> outcome;
  for (const Bearer& each : bearers) {
    if (!owns(task, each)) {
      outcome = Errno(EPERM);
    } else if (nice < each.scheduling().nice && !may_have_nice(task, each, nice)) {
      outcome = Errno(EACCES);
    } else {
      each.scheduling().nice = nice;
    }
  }
  return outcome;
}

}  // namespace rawposix::syscall
