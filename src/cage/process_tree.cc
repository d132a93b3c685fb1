// SPDX-License-Identifier: Apache-2.0
#include "cage/process_tree.h"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <tuple>
#include <utility>

#include "cage/cage.h"
#include "cage/task.h"
#include "signal/siginfo.h"

namespace rawposix::cage {
namespace {

// Linux's default on 64-bit (kernel/pid.c, PID_MAX_DEFAULT scaled).
constexpr pid_t kPidMax = 4194304;
constexpr pid_t kReusedFrom = 300;  // RESERVED_PIDS

// Of a world, zombies among them, whatever RLIMIT_NPROC allows: each takes some memory of the
// host's.
constexpr uint64_t kMostTasks = 100'000;

}  // namespace

int ChildEvent::wait_status() const {
  // kernel/exit.c; not every C library has names for making them.
  constexpr int kStopped = 0x7f;
  constexpr int kContinued = 0xffff;
  constexpr int kCoreFlag = 0x80;
  switch (code) {
    case CLD_EXITED:
      return status << 8;
    case CLD_STOPPED:
      return status << 8 | kStopped;
    case CLD_CONTINUED:
      return kContinued;
    case CLD_DUMPED:
      return status | kCoreFlag;
    default:
      return status;
  }
}

ProcessTree::~ProcessTree() = default;

bool ProcessTree::id_in_use(pid_t id) const {
  return nodes_.contains(id) || tasks_.contains(id) || groups_.contains(id);
}

Result<pid_t> ProcessTree::allocate_id(uint64_t most) {
  MutexLock lock(mutex_);
  if (tasks_.size() + zombies_ >= std::min(most, kMostTasks)) return Errno(EAGAIN);
  while (true) {
    pid_t id = next_id_++;
    if (next_id_ >= kPidMax) next_id_ = kReusedFrom;
    // A session's number is that of a group in it or of its leader, while either is there.
    if (id_in_use(id)) continue;
    last_id_ = id;
    made_++;
    return id;
  }
}

std::pair<int, int> ProcessTree::Node::end() const {
  if (status.signal == 0) return {CLD_EXITED, status.code};
  return {status.dumped ? CLD_DUMPED : CLD_KILLED, status.signal};
}

// Linux takes the number of any thread where it asks for a process.
ProcessTree::Node* ProcessTree::node_of_task(pid_t tid) const {
  if (Node* found = node(tid)) return found;
  auto task = tasks_.find(tid);
  return task == tasks_.end() ? nullptr : node(task->second->cage().pid());
}

ProcessTree::Node* ProcessTree::node(pid_t pid) const {
  auto found = nodes_.find(pid);
  return found == nodes_.end() ? nullptr : found->second.get();
}

ProcessTree::Node& ProcessTree::node_of(const Cage& cage) const {
  Node* found = node(cage.pid());
  CHECK(found != nullptr);
  return *found;
}

void ProcessTree::join_group(Node& node, pid_t group, pid_t session) {
  node.group = group;
  node.session = session;
  Group& joined = groups_[group];
  joined.session = session;
  node.among_members = joined.members.insert(joined.members.end(), &node);
}

void ProcessTree::leave_group(Node& node) {
  auto found = groups_.find(node.group);
  found->second.members.erase(node.among_members);
  if (found->second.members.empty()) groups_.erase(found);
}

void ProcessTree::add_root(std::shared_ptr<Cage> cage) {
  pid_t pid = cage->pid();
  auto fresh = std::make_unique<Node>();
  fresh->cage = std::move(cage);
  MutexLock lock(mutex_);
  root_ = pid;
  join_group(*fresh, pid, pid);
  nodes_[pid] = std::move(fresh);
}

void ProcessTree::add_to_parent(Node& node, Node* parent) {
  node.parent = parent;
  if (parent == nullptr) return;
  node.among_children = parent->children.insert(parent->children.end(), &node);
}

void ProcessTree::add_child(const Task& made_by_task, std::shared_ptr<Cage> child, int exit_signal,
                            MakerIs maker_is) {
  const Cage& maker = made_by_task.cage();
  pid_t pid = child->pid();
  auto fresh = std::make_unique<Node>();
  fresh->cage = std::move(child);
  fresh->exit_signal = exit_signal;
  MutexLock lock(mutex_);
  Node& made_by = node_of(maker);
  add_to_parent(*fresh, maker_is == MakerIs::kParent ? &made_by : made_by.parent);
  fresh->maker_tid = made_by_task.tid();
  if (maker_is == MakerIs::kSibling) {
    fresh->exit_signal = made_by.exit_signal;
    fresh->maker_tid = made_by.maker_tid;
  }
  join_group(*fresh, made_by.group, made_by.session);
  nodes_[pid] = std::move(fresh);
}

void ProcessTree::forget(const Cage& cage) {
  MutexLock lock(mutex_);
  reap(node_of(cage));
}

void ProcessTree::add_task(Task& task) {
  MutexLock lock(mutex_);
  tasks_[task.tid()] = &task;
}

void ProcessTree::remove_task(pid_t tid) {
  MutexLock lock(mutex_);
  tasks_.erase(tid);
}

void ProcessTree::rename_task(pid_t from, pid_t to) {
  MutexLock lock(mutex_);
  auto found = tasks_.extract(from);
  found.key() = to;
  Task* const task = found.mapped();
  tasks_.insert(std::move(found));
  for (Node* child : node_of(task->cage()).children) {
    if (child->maker_tid == from) child->maker_tid = to;
  }
}

std::shared_ptr<Cage> ProcessTree::root() const {
  MutexLock lock(mutex_);
  const Node* found = node(root_);
  return found == nullptr ? nullptr : found->cage;
}

std::shared_ptr<Cage> ProcessTree::find(pid_t pid) const {
  MutexLock lock(mutex_);
  Node* found = node(pid);
  return found == nullptr ? nullptr : found->cage;
}

std::shared_ptr<Cage> ProcessTree::find_cage_of(pid_t tid) const {
  MutexLock lock(mutex_);
  Node* found = node_of_task(tid);
  return found == nullptr ? nullptr : found->cage;
}

std::shared_ptr<Task> ProcessTree::find_task(pid_t tid) const {
  MutexLock lock(mutex_);
  auto found = tasks_.find(tid);
  return found == tasks_.end() ? nullptr : found->second->weak_from_this().lock();
}

std::vector<std::shared_ptr<Cage>> ProcessTree::all() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Cage>> cages;
  cages.reserve(nodes_.size());
  for (const auto& [pid, each] : nodes_) cages.push_back(each->cage);
  return cages;
}

Result<ProcessTree::Bearer> ProcessTree::find_bearer(pid_t tid) const {
  std::shared_ptr<Cage> cage = find_cage_of(tid);
  if (cage == nullptr) return Errno(ESRCH);
  std::shared_ptr<Task> task = cage->find_task(tid);
  // It ended meanwhile.
  if (task == nullptr && tid != cage->pid()) return Errno(ESRCH);
  return Bearer{std::move(cage), std::move(task)};
}

Credentials ProcessTree::Bearer::credentials() const {
  if (task != nullptr) return task->copy_credentials();
  for (const std::shared_ptr<Task>& other : cage->tasks()) return other->copy_credentials();
  return cage->last_credentials();
}

Scheduling& ProcessTree::Bearer::scheduling() const {
  return task != nullptr ? task->scheduling : cage->last_scheduling;
}

std::vector<std::shared_ptr<Cage>> ProcessTree::group_members(pid_t group) const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<Cage>> cages;
  auto found = groups_.find(group);
  if (found == groups_.end()) return cages;
  for (const Node* member : found->second.members) cages.push_back(member->cage);
  return cages;
}

std::optional<ProcessTree::Relations> ProcessTree::relations(pid_t pid) const {
  MutexLock lock(mutex_);
  const Node* found = node(pid);
  if (found == nullptr) return std::nullopt;
  Relations all{.parent = found->cage->parent_pid(),
                .group = found->group,
                .session = found->session,
                .zombie = found->zombie,
                .executed = found->executed || pid == root_,
                .exit_signal = found->exit_signal,
                .status = found->status,
                .usage = found->usage,
                .children_usage = found->children_usage,
                .terminal = {},
                .children = found->children.size()};
  auto terminal = terminals_.find(found->session);
  if (terminal != terminals_.end()) {
    all.terminal = terminal->second.device;
    all.foreground = terminal->second.foreground;
  }
  return all;
}

std::vector<pid_t> ProcessTree::pids_after(pid_t after) const {
  std::vector<pid_t> pids;
  {
    MutexLock lock(mutex_);
    for (const auto& [pid, each] : nodes_) {
      if (pid > after) pids.push_back(pid);
    }
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

ProcessTree::Counts ProcessTree::counts() const {
  MutexLock lock(mutex_);
  return {nodes_.size(), zombies_, tasks_.size(), made_, last_id_};
}

bool ProcessTree::covers(const WaitTarget& target, const Node& child) {
  if ((target.options & __WNOTHREAD) != 0 && child.maker_tid != target.asker) return false;
  // __WCLONE asks for children that don't tell by SIGCHLD, __WALL for all.
  const bool is_clone = child.exit_signal != SIGCHLD;
  const bool wants_clones = (target.options & __WCLONE) != 0;
  if (is_clone != wants_clones && (target.options & __WALL) == 0) return false;
  switch (target.kind) {
    case WaitTarget::Kind::kAny:
      return true;
    case WaitTarget::Kind::kPid:
      return child.cage->pid() == target.id;
    case WaitTarget::Kind::kGroup:
      return child.group == target.id;
    case WaitTarget::Kind::kCage:
      return child.cage == target.cage;
  }
  return false;
}

std::optional<ChildEvent> ProcessTree::take_event(Node& child, const WaitTarget& target) {
  const bool keep = (target.options & WNOWAIT) != 0;
  ChildEvent event{.pid = child.cage->pid(), .uid = child.cage->user().real, .usage = {}};
  if (child.zombie) {
    if ((target.options & WEXITED) == 0) return std::nullopt;
    std::tie(event.code, event.status) = child.end();
    event.usage = child.usage;
    event.usage += child.children_usage;
    return event;
  }
  if (child.cage->exiting()) return std::nullopt;
  const bool wanted = (child.job_event == CLD_STOPPED && (target.options & WUNTRACED) != 0) ||
                      (child.job_event == CLD_CONTINUED && (target.options & WCONTINUED) != 0);
  if (!wanted) return std::nullopt;
  event.code = child.job_event;
  event.status = child.job_signal;
  if (!keep) child.job_event = 0;
  return event;
}

Result<std::optional<ChildEvent>> ProcessTree::poll_child(const Cage& parent,
                                                          const WaitTarget& target) {
  MutexLock lock(mutex_);
  Node& above = node_of(parent);
  bool any = false;
  for (Node* child : above.children) {
    if (!covers(target, *child)) continue;
    // Nothing else can come of a zombie (kernel/exit.c, wait_consider_task()).
    if (!child->zombie || (target.options & WEXITED) != 0) any = true;
    std::optional<ChildEvent> event = take_event(*child, target);
    if (!event) continue;
    if (child->zombie && (target.options & WNOWAIT) == 0) {
      above.children_usage += event->usage;
      reap(*child);
    }
    return event;
  }
  if (!any) return Errno(ECHILD);
  return std::optional<ChildEvent>();
}

void ProcessTree::reap(Node& node) {
  if (node.parent != nullptr) node.parent->children.erase(node.among_children);
  if (node.zombie) zombies_--;
  leave_group(node);
  const std::shared_ptr<Cage> cage = node.cage;
  nodes_.erase(cage->pid());
  cage->tasks_changed().wake_all();  // of its open files, which hang up
}

void ProcessTree::notify_parent(Node& node, int signal, int code, int status) {
  if (node.parent == nullptr) return;
  Cage& parent = *node.parent->cage;
  // clone(2) takes any number; what is no signal tells nobody.
  if (signal::is_signal(signal)) {
    parent.signals().notify_of_child(signal, code, *node.cage, status, node.usage);
  }
  parent.child_events().wake_all();
}

// kernel/signal.c, do_notify_parent(). Whether nobody will wait for the zombie.
bool ProcessTree::notify_of_end(Node& node) {
  if (node.parent == nullptr) return true;
  int signal = node.exit_signal;
  bool unwanted = false;
  if (signal == SIGCHLD) {
    const Signals::ChildrensEnds wanted = node.parent->cage->signals().childrens_ends();
    unwanted = !wanted.zombies;
    if (!wanted.signalled) signal = 0;
  }
  const auto [code, status] = node.end();
  notify_parent(node, signal, code, status);
  return unwanted;
}

void ProcessTree::adopt_children(Node& node) {
  Node* reaper = node.parent;
  while (reaper != nullptr && (!reaper->subreaper || reaper->zombie)) reaper = reaper->parent;
  const std::list<Node*> children = std::exchange(node.children, {});
  for (Node* child : children) {
    tell_of_death(*child, *node.cage);
    add_to_parent(*child, reaper);
    // As exec does: whoever adopts knows SIGCHLD only (reparent_leader()).
    child->exit_signal = SIGCHLD;
    child->cage->set_parent_pid(reaper == nullptr ? kInitPid : reaper->cage->pid());
    child->maker_tid = reaper == nullptr ? kInitPid : reaper->cage->pid();
    if (child->zombie && notify_of_end(*child)) reap(*child);
  }
}

// The end of its parent, or of the parent's thread that has made it (man 2 PR_SET_PDEATHSIG).
void ProcessTree::tell_of_death(Node& child, const Cage& parent) {
  if (child.death_signal == 0 || child.zombie) return;
  static_cast<void>(child.cage->signals().send(
      signal::sent_info(child.death_signal, SI_USER, parent.pid(), parent.user().real)));
}

void ProcessTree::note_thread_end(const Cage& cage, pid_t tid) {
  MutexLock lock(mutex_);
  for (Node* child : node_of(cage).children) {
    if (child->maker_tid != tid) continue;
    tell_of_death(*child, cage);
    child->maker_tid = cage.pid();
  }
}

bool ProcessTree::orphaned(pid_t group, const Node* without) const {
  auto found = groups_.find(group);
  if (found == groups_.end()) return true;
  for (const Node* member : found->second.members) {
    if (member == without || member->zombie) continue;
    if (member->parent == nullptr) {
      if (on_root_stop_ && member->cage->pid() == root_) return false;
      continue;
    }
    if (member->parent->group != group && member->parent->session == member->session) return false;
  }
  return true;
}

bool ProcessTree::group_is_orphaned(pid_t group) const {
  MutexLock lock(mutex_);
  return orphaned(group, nullptr);
}

void ProcessTree::hang_up_orphans(pid_t group, const Node* without) {
  auto found = groups_.find(group);
  if (found == groups_.end()) return;
  const std::list<Node*>& members = found->second.members;
  if (std::none_of(members.begin(), members.end(),
                   [](const Node* member) { return member->cage->signals().stopped(); })) {
    return;
  }
  if (!orphaned(group, without)) return;
  for (Node* member : members) {
    if (member == without) continue;
    member->cage->signals().send_from_kernel(SIGHUP);
    member->cage->signals().send_from_kernel(SIGCONT);
  }
}

void ProcessTree::send_to_members(pid_t group, int signal) {
  auto found = groups_.find(group);
  if (found == groups_.end()) return;
  for (Node* member : found->second.members) member->cage->signals().send_from_kernel(signal);
}

void ProcessTree::signal_group(pid_t group, int signal) {
  MutexLock lock(mutex_);
  send_to_members(group, signal);
}

void ProcessTree::exit(Cage& cage, ExitStatus status, const Usage& usage) {
  std::function<void()> tell_host;
  {
    MutexLock lock(mutex_);
    end(cage, status, usage);
    tell_host = told_of_root_stop(Tell::kIfNobodyRuns);
  }
  if (tell_host) tell_host();
}

void ProcessTree::end(Cage& cage, ExitStatus status, const Usage& usage) {
  Node& gone = node_of(cage);
  gone.status = status;
  gone.usage = usage;
  // Groups that the cage connected to its session's control (kernel/exit.c, exit_notify()).
  std::vector<pid_t> left_behind;
  for (const Node* child : gone.children) {
    if (child->group != gone.group && child->session == gone.session) {
      left_behind.push_back(child->group);
    }
  }
  std::sort(left_behind.begin(), left_behind.end());
  left_behind.erase(std::unique(left_behind.begin(), left_behind.end()), left_behind.end());
  const bool held_own_group = gone.parent != nullptr && gone.parent->group != gone.group &&
                              gone.parent->session == gone.session;
  if (gone.session == cage.pid()) lose_terminal(gone.session, Parting::kLeaderEnds);
  adopt_children(gone);
  gone.zombie = true;
  zombies_++;
  if (cage.pid() == root_) untold_root_stop_ = 0;
  cage.note_end();
  if (held_own_group) hang_up_orphans(gone.group, &gone);
  for (pid_t group : left_behind) hang_up_orphans(group, &gone);

  if (notify_of_end(gone)) reap(gone);
}

void ProcessTree::report_stop(Cage& cage, const abi::Siginfo& why) {
  std::function<void()> tell_host;
  {
    MutexLock lock(mutex_);
    Node& stopped = node_of(cage);
    stopped.job_event = CLD_STOPPED;
    stopped.job_signal = why.signal;
    notify_parent(stopped, SIGCHLD, CLD_STOPPED, why.signal);
    Tell when = Tell::kIfNobodyRuns;
    if (cage.pid() == root_) {
      untold_root_stop_ = why.signal;
      // The terminal's, what comes from outside, and its own. Of the other codes anybody may say
      // anything.
      const bool is_told = why.code == SI_USER || why.code == SI_TKILL;
      const auto sender = static_cast<pid_t>(signal::record_of(why).pid);
      if (why.code > 0 || (is_told && (sender == 0 || sender == root_))) when = Tell::kNow;
    }
    tell_host = told_of_root_stop(when);
  }
  if (tell_host) tell_host();
}

std::function<void()> ProcessTree::told_of_root_stop(Tell when) {
  if (untold_root_stop_ == 0 || !on_root_stop_) return {};
  const auto runs = [](const auto& each) {
    return !each.second->zombie && !each.second->cage->signals().stopped();
  };
  if (when == Tell::kIfNobodyRuns && std::any_of(nodes_.begin(), nodes_.end(), runs)) return {};
  return [tell = on_root_stop_, signal = std::exchange(untold_root_stop_, 0)] { tell(signal); };
}

void ProcessTree::report_continue(Cage& cage) {
  MutexLock lock(mutex_);
  Node& running = node_of(cage);
  if (cage.pid() == root_) untold_root_stop_ = 0;
  running.job_event = CLD_CONTINUED;
  running.job_signal = SIGCONT;
  notify_parent(running, SIGCHLD, CLD_CONTINUED, SIGCONT);
}

Result<> ProcessTree::set_group(Cage& caller, pid_t pid, pid_t group) {
  if (pid == 0) pid = caller.pid();
  if (group == 0) group = pid;
  if (group < 0) return Errno(EINVAL);
  MutexLock lock(mutex_);
  Node* who = node_of_task(pid);
  if (who == nullptr) return Errno(ESRCH);
  if (who->cage->pid() != pid) return Errno(EINVAL);
  Node& self = node_of(caller);
  if (who != &self) {
    if (who->parent != &self) return Errno(ESRCH);
    if (who->session != self.session) return Errno(EPERM);
    if (who->executed) return Errno(EACCES);
  }
  if (who->session == pid) return Errno(EPERM);
  if (group != pid) {
    auto found = groups_.find(group);
    if (found == groups_.end() || found->second.session != self.session) return Errno(EPERM);
  }
  if (who->group == group) return {};
  leave_group(*who);
  join_group(*who, group, who->session);
  return {};
}

Result<pid_t> ProcessTree::group(const Cage& caller, pid_t pid) const {
  MutexLock lock(mutex_);
  const Node* who = node_of_task(pid == 0 ? caller.pid() : pid);
  if (who == nullptr) return Errno(ESRCH);
  return who->group;
}

Result<pid_t> ProcessTree::session(const Cage& caller, pid_t pid) const {
  MutexLock lock(mutex_);
  const Node* who = node_of_task(pid == 0 ? caller.pid() : pid);
  if (who == nullptr) return Errno(ESRCH);
  return who->session;
}

Result<pid_t> ProcessTree::create_session(Cage& caller) {
  MutexLock lock(mutex_);
  Node& self = node_of(caller);
  if (groups_.contains(caller.pid())) return Errno(EPERM);
  leave_group(self);
  join_group(self, caller.pid(), caller.pid());
  return caller.pid();
}

Usage ProcessTree::children_usage(const Cage& cage) const {
  MutexLock lock(mutex_);
  return node_of(cage).children_usage;
}

void ProcessTree::set_subreaper(const Cage& cage, bool on) {
  MutexLock lock(mutex_);
  node_of(cage).subreaper = on;
}

bool ProcessTree::is_subreaper(const Cage& cage) const {
  MutexLock lock(mutex_);
  return node_of(cage).subreaper;
}

void ProcessTree::set_death_signal(const Cage& cage, int signal) {
  MutexLock lock(mutex_);
  node_of(cage).death_signal = signal;
}

int ProcessTree::death_signal(const Cage& cage) const {
  MutexLock lock(mutex_);
  return node_of(cage).death_signal;
}

void ProcessTree::note_exec(const Cage& cage) {
  MutexLock lock(mutex_);
  Node& executing = node_of(cage);
  executing.executed = true;
  executing.exit_signal = SIGCHLD;
}

}  // namespace rawposix::cage
