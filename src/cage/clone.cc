// SPDX-License-Identifier: Apache-2.0
#include "cage/clone.h"

#include <linux/sched.h>
#include <sched.h>

#include <csignal>
#include <utility>

#include "cage/process_file.h"
#include "sfi/run.h"

namespace rawposix::cage {
namespace {

// Namespaces and kernel facilities that cages don't have.
constexpr uint64_t kUnsupported = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                  CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

bool has(const CloneRequest& request, uint64_t flag) { return (request.flags & flag) != 0; }

// kernel/fork.c, copy_process().
Result<> check(const CloneRequest& request) {
  if (has(request, CLONE_THREAD) && !has(request, CLONE_SIGHAND)) return Errno(EINVAL);
  if (has(request, CLONE_SIGHAND) && !has(request, CLONE_VM)) return Errno(EINVAL);
  if (has(request, CLONE_SIGHAND) && has(request, CLONE_CLEAR_SIGHAND)) return Errno(EINVAL);
  if (has(request, CLONE_PIDFD) && has(request, CLONE_PARENT_SETTID) &&
      request.pidfd.addr().value == request.parent_tid.addr().value) {
    return Errno(EINVAL);
  }
  if (has(request, CLONE_FS) && has(request, CLONE_NEWNS)) return Errno(EINVAL);
  if ((request.flags & kUnsupported) != 0) return Errno(EINVAL);
  // Threads as files: Linux 6.9 and later.
  if (has(request, CLONE_PIDFD) && (request.flags & (CLONE_THREAD | CLONE_DETACHED)) != 0) {
    return Errno(EINVAL);
  }
  if (has(request, CLONE_SETTLS) && request.thread_pointer >= sfi::kSlotSize) return Errno(EPERM);
  return {};
}

Task::Parts child_parts(const Task& task, const CloneRequest& request) {
  Task::Parts parts = task.parts();
  if (!has(request, CLONE_FILES)) parts.fds = parts.fds->clone();
  if (!has(request, CLONE_FS)) parts.view = parts.view->clone();
  return parts;
}

Result<std::shared_ptr<mm::AddressSpace>> child_memory(Task& task, const CloneRequest& request) {
  Cage& cage = task.cage();
  if (has(request, CLONE_VM)) return cage.shared_memory();
  TRY(cage.freeze(task));
  Result<std::unique_ptr<mm::AddressSpace>> copy = cage.address_space().fork();
  cage.thaw();
  if (!copy.ok()) return copy.error();
  return std::shared_ptr<mm::AddressSpace>(std::move(copy).value());
}

Result<std::shared_ptr<Cage>> child_cage(Task& task, const CloneRequest& request, pid_t pid) {
  Cage& cage = task.cage();
  Cage::Parts parts;
  parts.memory = TRY(child_memory(task, request));
  parts.image = cage.image();
  parts.executable = cage.program().executable;
  parts.actions =
      has(request, CLONE_SIGHAND) ? cage.signals().actions() : cage.signals().actions()->copy();
  if (has(request, CLONE_CLEAR_SIGHAND)) parts.actions->reset_for_exec();
  parts.limits = cage.limits();
  parts.name = task.name();
  pid_t parent = has(request, CLONE_PARENT) ? cage.parent_pid() : cage.pid();
  auto child = std::make_shared<Cage>(cage.world(), pid, parent, std::move(parts));
  child->inherit_settings(cage);
  child->timers().watch_cpu_limit();
  return child;
}

void set_up_registers(Task& child, Task& parent, const CloneRequest& request) {
  sfi::Context& context = child.context();
  sfi::copy_state(context, parent.context());
  context.regs.rax = 0;
  if (request.stack != 0) context.regs.rsp = static_cast<uint32_t>(request.stack);
  if (has(request, CLONE_SETTLS)) context.thread_pointer = request.thread_pointer;
}

Result<fs::FdTable::Reservation> reserve_pidfd(Task& task, const CloneRequest& request) {
  if (!has(request, CLONE_PIDFD)) return fs::FdTable::Reservation();
  const rlim_t limit = task.cage().limit(RLIMIT_NOFILE).rlim_cur;
  fs::FdTable::Reservation number = TRY(task.fds().reserve(limit, fs::CloseOnExec::kYes));
  TRY(task.memory().write(request.pidfd, number.number()));
  return number;
}

// Bad addresses are the child's own matter, as on Linux.
void write_ids(Task& parent, Task& child, const CloneRequest& request) {
  if (has(request, CLONE_PARENT_SETTID)) {
    static_cast<void>(parent.memory().write(request.parent_tid, child.tid()));
  }
  if (has(request, CLONE_CHILD_SETTID)) {
    static_cast<void>(child.memory().write(request.child_tid, child.tid()));
  }
  if (has(request, CLONE_CHILD_CLEARTID)) child.clear_child_tid = request.child_tid.addr().value;
}

void wait_at_gate(Task& task, VforkGate& gate) {
  sync::WaitQueue::Entry entry(gate.queue(), task.waiter());
  while (!gate.is_open() && !task.cage().ends(task)) task.waiter().park_uninterrupted();
}

}  // namespace

Result<pid_t> clone(Task& task, const CloneRequest& request) {
  TRY(check(request));
  World& world = task.world();
  ProcessTree& tree = world.tree();
  const bool is_thread = has(request, CLONE_THREAD);
  const pid_t tid = TRY(tree.allocate_id(task.cage().limit(RLIMIT_NPROC).rlim_cur));
  fs::FdTable::Reservation pidfd = TRY(reserve_pidfd(task, request));
  std::shared_ptr<Cage> cage = task.cage().shared_from_this();
  if (!is_thread) cage = TRY(child_cage(task, request, tid));

  Tracer* const tracer =
      task.tracer() != nullptr && task.tracer()->follows() ? task.tracer() : nullptr;
  auto child = std::make_shared<Task>(cage, tid, child_parts(task, request), tracer);
  if (task.observed()) child->count_calls();
  if (is_thread) child->set_name(task.name());
  child->inherit_scheduling(task);
  set_up_registers(*child, task, request);
  // A new address space has the caller's stack in the same place; vfork's child runs on it.
  child->signals().inherit(task.signals(), !has(request, CLONE_VM) || has(request, CLONE_VFORK));
  write_ids(task, *child, request);
  std::shared_ptr<VforkGate> gate;
  if (has(request, CLONE_VFORK)) {
    gate = std::make_shared<VforkGate>();
    child->vfork_gate = gate;
  }
  // A thread joins a cage that is not about to end; a new cage has its first task at once.
  if (!cage->add_task(*child)) return sync::kRestartAlways;
  tree.add_task(*child);
  if (!is_thread) {
    auto maker_is =
        has(request, CLONE_PARENT) ? ProcessTree::MakerIs::kSibling : ProcessTree::MakerIs::kParent;
    tree.add_child(task, cage, request.exit_signal, maker_is);
  }
  Result<> started = child->start();
  if (!started.ok()) {
    tree.remove_task(tid);
    cage->remove_task(*child, {});
    if (!is_thread) tree.forget(*cage);
    return started.error();
  }
  if (has(request, CLONE_PIDFD)) std::move(pidfd).fill(fs::make_file<ProcessFile>(cage, 0));
  if (gate != nullptr) wait_at_gate(task, *gate);
  return tid;
}

}  // namespace rawposix::cage
