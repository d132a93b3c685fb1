// SPDX-License-Identifier: Apache-2.0
// fork(2), vfork(2), clone(2), clone3(2)
#include <linux/sched.h>
#include <sched.h>

#include <csignal>

#include "cage/clone.h"
#include "syscall/extensible.h"
#include "syscall/handlers.h"

namespace rawposix::syscall {
namespace {

constexpr uint64_t kSignalMask = 0xff;  // CSIGNAL
constexpr uint64_t kFlags = UINT32_MAX | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;
constexpr uint64_t kMostNamespaces = 32;  // MAX_PID_NS_LEVEL

Result<int64_t> number_of(const Result<pid_t>& child) {
  if (!child.ok()) return child.error();
  return int64_t{child.value()};
}

bool has_valid_stack(const abi::CloneArguments& arguments) {
  if (arguments.stack == 0 || arguments.stack_size == 0) {
    return arguments.stack == arguments.stack_size;
  }
  return mm::in_guest_range(GuestAddr{arguments.stack}, arguments.stack_size);
}

}  // namespace

Result<int64_t> sys_fork(Task& task) {
  return number_of(cage::clone(task, {.flags = 0, .exit_signal = SIGCHLD}));
}

Result<int64_t> sys_vfork(Task& task) {
  return number_of(cage::clone(task, {.flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD}));
}

Result<int64_t> sys_clone(Task& task, uint64_t flags, GuestAddr stack, UserOut<int32_t> parent_tid,
                          UserOut<int32_t> child_tid, GuestAddr thread_pointer) {
  return number_of(cage::clone(task, {.flags = flags & ~kSignalMask & UINT32_MAX,
                                      .exit_signal = static_cast<int>(flags & kSignalMask),
                                      .stack = stack.value,
                                      .thread_pointer = thread_pointer.value,
                                      .parent_tid = parent_tid,
                                      .child_tid = child_tid,
                                      .pidfd = parent_tid}));
}

Result<int64_t> sys_clone3(Task& task, GuestAddr address, uint64_t size) {
  if (size < CLONE_ARGS_SIZE_VER0) return Errno(EINVAL);
  abi::CloneArguments arguments = TRY(read_extensible<abi::CloneArguments>(task, address, size));
  if (arguments.exit_signal > 64) return Errno(EINVAL);
  if (!has_valid_stack(arguments)) return Errno(EINVAL);
  if ((arguments.flags & ~kFlags) != 0) return Errno(EINVAL);
  if ((arguments.flags & (CLONE_DETACHED | (kSignalMask & ~uint64_t{CLONE_NEWTIME}))) != 0) {
    return Errno(EINVAL);
  }
  if ((arguments.flags & (CLONE_THREAD | CLONE_PARENT)) != 0 && arguments.exit_signal != 0) {
    return Errno(EINVAL);
  }
  const bool sets_tid = arguments.set_tid != 0;
  if (sets_tid != (arguments.set_tid_size != 0) || arguments.set_tid_size > kMostNamespaces) {
    return Errno(EINVAL);
  }
  if (sets_tid) return Errno(EPERM);
  if ((arguments.flags & (CLONE_INTO_CGROUP | CLONE_NEWTIME)) != 0) return Errno(EINVAL);
  return number_of(
      cage::clone(task, {.flags = arguments.flags,
                         .exit_signal = static_cast<int>(arguments.exit_signal),
                         .stack = arguments.stack == 0 ? 0 : arguments.stack + arguments.stack_size,
                         .thread_pointer = arguments.tls,
                         .parent_tid = UserOut<int32_t>(GuestAddr{arguments.parent_tid}),
                         .child_tid = UserOut<int32_t>(GuestAddr{arguments.child_tid}),
                         .pidfd = UserOut<int32_t>(GuestAddr{arguments.pidfd})}));
}

}  // namespace rawposix::syscall
