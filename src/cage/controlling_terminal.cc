// SPDX-License-Identifier: Apache-2.0
// What a session has of a terminal (drivers/tty/tty_jobctrl.c).
#include <algorithm>
#include <csignal>

#include "cage/cage.h"
#include "cage/process_tree.h"

namespace rawposix::cage {

const ProcessTree::Terminal* ProcessTree::own_terminal(const Node& node) const {
  auto found = terminals_.find(node.session);
  return found == terminals_.end() ? nullptr : &found->second;
}

const ProcessTree::Terminal* ProcessTree::own_terminal(const Node& node, uint64_t device) const {
  const Terminal* terminal = own_terminal(node);
  return terminal != nullptr && terminal->device == device ? terminal : nullptr;
}

Result<> ProcessTree::acquire_terminal(const Cage& caller, uint64_t device) {
  MutexLock lock(mutex_);
  const Node& self = node_of(caller);
  const bool leads = self.session == caller.pid();
  if (leads && own_terminal(self, device) != nullptr) return {};
  if (!leads || terminals_.contains(self.session)) return Errno(EPERM);
  // Only an administrator may take another session's.
  if (std::any_of(terminals_.begin(), terminals_.end(),
                  [device](const auto& each) { return each.second.device == device; })) {
    return Errno(EPERM);
  }
  terminals_[self.session] = {device, self.group};
  return {};
}

void ProcessTree::lose_terminal(pid_t session, Parting parting) {
  auto terminal = terminals_.extract(session);
  if (terminal.empty()) return;
  const pid_t foreground = terminal.mapped().foreground;
  send_to_members(foreground, SIGHUP);
  if (parting == Parting::kReleased) send_to_members(foreground, SIGCONT);
}

Result<> ProcessTree::release_terminal(const Cage& caller, uint64_t device) {
  MutexLock lock(mutex_);
  const Node& self = node_of(caller);
  if (own_terminal(self, device) == nullptr) return Errno(ENOTTY);
  // A member gives it up for itself alone on Linux; here a terminal is the session's.
  if (self.session != caller.pid()) return Errno(ENOTTY);
  lose_terminal(self.session, Parting::kReleased);
  return {};
}

std::optional<uint64_t> ProcessTree::terminal(const Cage& caller) const {
  MutexLock lock(mutex_);
  const Terminal* terminal = own_terminal(node_of(caller));
  return terminal != nullptr ? std::optional(terminal->device) : std::nullopt;
}

Result<pid_t> ProcessTree::foreground(const Cage& caller, uint64_t device) const {
  MutexLock lock(mutex_);
  const Terminal* terminal = own_terminal(node_of(caller), device);
  if (terminal == nullptr) return Errno(ENOTTY);
  return terminal->foreground;
}

Result<> ProcessTree::set_foreground(const Cage& caller, uint64_t device, pid_t group) {
  if (group < 0) return Errno(EINVAL);
  MutexLock lock(mutex_);
  const Node& self = node_of(caller);
  if (own_terminal(self, device) == nullptr) return Errno(ENOTTY);
  auto found = groups_.find(group);
  if (found == groups_.end()) return Errno(ESRCH);
  if (found->second.session != self.session) return Errno(EPERM);
  terminals_[self.session].foreground = group;
  return {};
}

bool ProcessTree::in_background(const Cage& caller, uint64_t device) const {
  MutexLock lock(mutex_);
  const Node& self = node_of(caller);
  const Terminal* terminal = own_terminal(self, device);
  return terminal != nullptr && terminal->foreground != self.group;
}

pid_t ProcessTree::root_foreground() const {
  MutexLock lock(mutex_);
  const Node* root = node(root_);
  if (root == nullptr) return 0;
  const Terminal* terminal = own_terminal(*root);
  return terminal != nullptr ? terminal->foreground : 0;
}

void ProcessTree::set_root_observer(std::function<void(int signal)> on_stop) {
  MutexLock lock(mutex_);
  on_root_stop_ = std::move(on_stop);
}

}  // namespace rawposix::cage
