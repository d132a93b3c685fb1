// SPDX-License-Identifier: Apache-2.0
// Who is whose parent, which group and session a cage is in, and what of a child's life its parent
// has yet to hear of (man 2 wait, setpgid, setsid). Holds every cage of a world from its start
// until it is reaped.
//
// Thread-safe. Lock order: kProcessTree; cages are sent signals under it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "abi/signal.h"
#include "cage/credentials.h"
#include "cage/exit_status.h"
#include "cage/scheduling.h"
#include "cage/usage.h"
#include "support/mutex.h"
#include "support/result.h"

namespace rawposix::cage {

class Cage;
class Task;

// Which children wait4() and waitid() ask for.
struct WaitTarget {
  enum class Kind : uint8_t { kAny, kPid, kGroup, kCage };
  Kind kind = Kind::kAny;
  pid_t id = 0;
  // W* of wait4() and waitid().
  int options = 0;
  // For kCage: that very one, whoever has its number now.
  std::shared_ptr<const Cage> cage{};
  // The task that asks, for __WNOTHREAD.
  pid_t asker = 0;
};

// What happened to a child. `code` is one of CLD_*, `status` as in siginfo.
struct ChildEvent {
  pid_t pid = 0;
  uid_t uid = 0;
  int code = 0;
  int status = 0;
  Usage usage;

  // As wait4() encodes it.
  int wait_status() const;
};

class ProcessTree {
 public:
  // The parent of cages that the host started; no cage has it.
  static constexpr pid_t kInitPid = 1;

  ProcessTree() = default;
  ~ProcessTree();
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;

  // A number that no cage, task, group or session has; reused late, as on Linux. EAGAIN: there are
  // `most` tasks and zombies already.
  Result<pid_t> allocate_id(uint64_t most) EXCLUDES(mutex_);

  // A leader of a session and group of its own.
  void add_root(std::shared_ptr<Cage> cage) EXCLUDES(mutex_);
  // `exit_signal` tells the parent of the end; 0: none. A sibling has its maker's parent, and tells
  // it as its maker does (CLONE_PARENT).
  enum class MakerIs : uint8_t { kParent, kSibling };
  void add_child(const Task& made_by_task, std::shared_ptr<Cage> child, int exit_signal,
                 MakerIs maker_is) EXCLUDES(mutex_);
  // A child that never ran.
  void forget(const Cage& cage) EXCLUDES(mutex_);
  void add_task(Task& task) EXCLUDES(mutex_);
  void remove_task(pid_t tid) EXCLUDES(mutex_);
  // exec by a thread other than the first: it takes over the cage's number.
  void rename_task(pid_t from, pid_t to) EXCLUDES(mutex_);

  // The first cage; null before it and when it has been reaped.
  std::shared_ptr<Cage> root() const EXCLUDES(mutex_);
  // Null if there is none. A zombie counts as there.
  std::shared_ptr<Cage> find(pid_t pid) const EXCLUDES(mutex_);
  std::shared_ptr<Task> find_task(pid_t tid) const EXCLUDES(mutex_);
  // Also by the number of another of its tasks, as Linux does where it wants a process.
  std::shared_ptr<Cage> find_cage_of(pid_t tid) const EXCLUDES(mutex_);
  // Who has a number.
  struct Bearer {
    std::shared_ptr<Cage> cage;
    std::shared_ptr<Task> task;  // null: the cage's first one, which has ended

    Credentials credentials() const;
    Scheduling& scheduling() const;
  };
  // ESRCH.
  Result<Bearer> find_bearer(pid_t tid) const EXCLUDES(mutex_);
  // Alive or zombie.
  std::vector<std::shared_ptr<Cage>> all() const EXCLUDES(mutex_);
  std::vector<std::shared_ptr<Cage>> group_members(pid_t group) const EXCLUDES(mutex_);
  struct Relations {
    pid_t parent = 0, group = 0, session = 0;
    bool zombie = false;
    bool executed = false;  // a program since it was made; the first cage has
    int exit_signal = 0;
    ExitStatus status;     // of a zombie
    Usage usage;           // of a zombie
    Usage children_usage;  // of children that were waited for
    // Of the session's terminal, if it has one.
    std::optional<uint64_t> terminal;
    pid_t foreground = 0;
    size_t children = 0;
  };
  std::optional<Relations> relations(pid_t pid) const EXCLUDES(mutex_);
  // The numbers of all cages after `after`, alive or zombie, ascending.
  std::vector<pid_t> pids_after(pid_t after) const EXCLUDES(mutex_);
  struct Counts {
    size_t cages = 0;  // alive or zombie
    size_t zombies = 0;
    size_t tasks = 0;
    uint64_t made = 0;  // cages and tasks, since the world began
    pid_t last_id = 0;

    // As Linux counts, for which a zombie still is one.
    size_t threads() const { return tasks + zombies; }
  };
  Counts counts() const EXCLUDES(mutex_);

  // What children that were waited for used.
  Usage children_usage(const Cage& cage) const EXCLUDES(mutex_);

  // A child's event that the target covers, reaped unless WNOWAIT. Nothing yet: an empty optional.
  // ECHILD if no child could ever be it.
  Result<std::optional<ChildEvent>> poll_child(const Cage& parent, const WaitTarget& target)
      EXCLUDES(mutex_);

  // A thread has ended, its cage goes on: children it has made may want to know.
  void note_thread_end(const Cage& cage, pid_t tid) EXCLUDES(mutex_);
  // The last task of a cage is gone: what it leaves behind goes to others.
  void exit(Cage& cage, ExitStatus status, const Usage& usage) EXCLUDES(mutex_);
  // All tasks have stopped, and for what, or go on.
  void report_stop(Cage& cage, const abi::Siginfo& why) EXCLUDES(mutex_);
  void report_continue(Cage& cage) EXCLUDES(mutex_);

  // man 2 setpgid, getpgid, setsid, getsid; 0 is the caller.
  Result<> set_group(Cage& caller, pid_t pid, pid_t group) EXCLUDES(mutex_);
  Result<pid_t> group(const Cage& caller, pid_t pid) const EXCLUDES(mutex_);
  Result<pid_t> create_session(Cage& caller) EXCLUDES(mutex_);
  Result<pid_t> session(const Cage& caller, pid_t pid) const EXCLUDES(mutex_);
  // Whether no member has a parent in the session but outside the group (POSIX: orphaned).
  bool group_is_orphaned(pid_t group) const EXCLUDES(mutex_);

  // --- Controlling terminals, known by their device numbers (controlling_terminal.cc; man 2
  // ioctl_tty). ---
  // EPERM: the caller leads no session, or has a terminal, or another session has this one.
  Result<> acquire_terminal(const Cage& caller, uint64_t device) EXCLUDES(mutex_);
  // The session is without it then. ENOTTY: it isn't the caller's.
  Result<> release_terminal(const Cage& caller, uint64_t device) EXCLUDES(mutex_);
  std::optional<uint64_t> terminal(const Cage& caller) const EXCLUDES(mutex_);
  // ENOTTY, and ESRCH, EPERM for a group that is none of the session's.
  Result<pid_t> foreground(const Cage& caller, uint64_t device) const EXCLUDES(mutex_);
  Result<> set_foreground(const Cage& caller, uint64_t device, pid_t group) EXCLUDES(mutex_);
  // Whether job control has something against the caller's use of the terminal: it is its own, and
  // another group is in the foreground.
  bool in_background(const Cage& caller, uint64_t device) const EXCLUDES(mutex_);
  // The first cage's session's foreground group; 0 without a terminal.
  pid_t root_foreground() const EXCLUDES(mutex_);

  // Sends a signal of the kernel's to all members.
  void signal_group(pid_t group, int signal) EXCLUDES(mutex_);

  // The host's job control stands behind the first cage, as the shell that has started it: its
  // group is not orphaned, and `on_stop` is told when it stops, which is to stop all. So if another
  // cage has stopped it, that waits until no cage runs any more that could continue it. Before
  // anything runs.
  void set_root_observer(std::function<void(int signal)> on_stop) EXCLUDES(mutex_);

  // prctl(2): PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG.
  void set_subreaper(const Cage& cage, bool on) EXCLUDES(mutex_);
  bool is_subreaper(const Cage& cage) const EXCLUDES(mutex_);
  void set_death_signal(const Cage& cage, int signal) EXCLUDES(mutex_);
  int death_signal(const Cage& cage) const EXCLUDES(mutex_);
  // A program has been executed: setpgid() by the parent is over (EACCES).
  void note_exec(const Cage& cage) EXCLUDES(mutex_);

 private:
  struct Node {
    std::shared_ptr<Cage> cage;
    Node* parent = nullptr;                     // null: the host
    std::list<Node*> children;                  // the oldest first
    std::list<Node*>::iterator among_children;  // of the parent, if there is one
    std::list<Node*>::iterator among_members;   // of the group
    pid_t group = 0;
    pid_t session = 0;
    pid_t maker_tid = 0;  // the parent's task that has made it
    int exit_signal = 0;
    int death_signal = 0;
    bool subreaper = false;
    bool executed = false;
    bool zombie = false;
    // CLD_STOPPED, CLD_CONTINUED or 0: not waited for yet.
    int job_event = 0;
    int job_signal = 0;
    ExitStatus status;
    Usage usage;
    Usage children_usage;

    // CLD_* and status, of a zombie.
    std::pair<int, int> end() const;
  };
  struct Group {
    pid_t session = 0;
    std::list<Node*> members;
  };
  struct Terminal {
    uint64_t device = 0;
    pid_t foreground = 0;
  };

  Node* node(pid_t pid) const REQUIRES(mutex_);
  Node* node_of_task(pid_t tid) const REQUIRES(mutex_);
  Node& node_of(const Cage& cage) const REQUIRES(mutex_);
  bool id_in_use(pid_t id) const REQUIRES(mutex_);
  void add_to_parent(Node& node, Node* parent) REQUIRES(mutex_);
  void join_group(Node& node, pid_t group, pid_t session) REQUIRES(mutex_);
  void leave_group(Node& node) REQUIRES(mutex_);
  bool orphaned(pid_t group, const Node* without) const REQUIRES(mutex_);
  // Sends SIGHUP and SIGCONT to a group that becomes orphaned with stopped members.
  void hang_up_orphans(pid_t group, const Node* without) REQUIRES(mutex_);
  void send_to_members(pid_t group, int signal) REQUIRES(mutex_);
  // The terminal of a node's session; with `device`, if it is this one.
  const Terminal* own_terminal(const Node& node) const REQUIRES(mutex_);
  const Terminal* own_terminal(const Node& node, uint64_t device) const REQUIRES(mutex_);
  // Its leader gives it up or ends.
  enum class Parting : uint8_t { kReleased, kLeaderEnds };
  void lose_terminal(pid_t session, Parting parting) REQUIRES(mutex_);
  void end(Cage& cage, ExitStatus status, const Usage& usage) REQUIRES(mutex_);
  void adopt_children(Node& node) REQUIRES(mutex_);
  void notify_parent(Node& node, int signal, int code, int status) REQUIRES(mutex_);
  bool notify_of_end(Node& node) REQUIRES(mutex_);
  static void tell_of_death(Node& child, const Cage& parent);
  void reap(Node& node) REQUIRES(mutex_);
  enum class Tell : uint8_t { kNow, kIfNobodyRuns };
  // What is to be called without the lock.
  std::function<void()> told_of_root_stop(Tell when) REQUIRES(mutex_);
  static bool covers(const WaitTarget& target, const Node& child);
  static std::optional<ChildEvent> take_event(Node& child, const WaitTarget& target);

  mutable Mutex mutex_{LockRank::kProcessTree};
  std::unordered_map<pid_t, std::unique_ptr<Node>> nodes_ GUARDED_BY(mutex_);
  std::unordered_map<pid_t, Task*> tasks_ GUARDED_BY(mutex_);
  std::unordered_map<pid_t, Group> groups_ GUARDED_BY(mutex_);
  std::unordered_map<pid_t, Terminal> terminals_ GUARDED_BY(mutex_);  // by session
  std::function<void(int)> on_root_stop_ GUARDED_BY(mutex_);
  int untold_root_stop_ GUARDED_BY(mutex_) = 0;  // the signal; 0: none
  pid_t root_ GUARDED_BY(mutex_) = 0;
  pid_t next_id_ GUARDED_BY(mutex_) = kInitPid + 1;
  pid_t last_id_ GUARDED_BY(mutex_) = 0;
  uint64_t made_ GUARDED_BY(mutex_) = 0;
  size_t zombies_ GUARDED_BY(mutex_) = 0;
};

}  // namespace rawposix::cage
