// SPDX-License-Identifier: Apache-2.0
#include "cage/signal_relay.h"

#include <unistd.h>

#include "cage/task.h"
#include "host/signal_action.h"
#include "host/thread.h"
#include "host/wait.h"

namespace rawposix::cage {
namespace {

constexpr uint64_t bit(int signal) { return uint64_t{1} << signal; }

}  // namespace

std::atomic<SignalRelay*> SignalRelay::relay_{nullptr};
std::atomic<uint32_t> SignalRelay::handlers_{0};

SignalRelay::~SignalRelay() { stop(); }

void SignalRelay::install(size_t index) {
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  // On a stack and with a mask that let it come while guest code runs (sfi/host_signals.h).
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigfillset(&action.sa_mask);
  host::signal_action(kSignals[index], &action, &before_[index]);
  // As nohup and a shell's "&" want it.
  if (before_[index].sa_handler == SIG_IGN) {
    host::signal_action(kSignals[index], &before_[index], nullptr);
    ignore(kSignals[index]);
  }
}

// A program inherits which signals its parent ignores (man 2 execve).
void SignalRelay::ignore(int signal) {
  signal::Action action{};
  action.handler = signal::kIgnoreHandler;
  first_->cage().signals().set_action(signal, action);
}

void SignalRelay::inherit_ignored() {
  for (int signal : {SIGPIPE, SIGCHLD, SIGTTIN, SIGTTOU, SIGXFSZ}) {
    struct sigaction action {};
    host::signal_action(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN) ignore(signal);
  }
}

Result<> SignalRelay::start(Task& first) {
  SignalRelay* none = nullptr;
  if (!relay_.compare_exchange_strong(none, this)) return Errno(EBUSY);
  first_ = &first;
  active_.store(true);
  tree_.set_root_observer([this](int signal) { first_stopped(signal); });
  for (size_t i = 0; i < kSignals.size(); i++) install(i);
  inherit_ignored();
  return {};
}

void SignalRelay::stop() {
  if (!active_.exchange(false)) return;
  // One that has seen it active may still use the task, on a thread of the embedding process's.
  while (const uint32_t running = handlers_.load()) {
    static_cast<void>(host::wait_while(handlers_, running));
  }
  first_ = nullptr;
  sent_.store(0);
  typed_.store(0);
}

void SignalRelay::give_back() {
  if (relay_.load() != this) return;
  for (size_t i = 0; i < kSignals.size(); i++)
    host::signal_action(kSignals[i], &before_[i], nullptr);
  relay_.store(nullptr);
  while (const uint32_t running = handlers_.load()) {
    static_cast<void>(host::wait_while(handlers_, running));
  }
}

void SignalRelay::on_signal(int signal, siginfo_t* info, void*) {
  const int saved_errno = errno;
  handlers_.fetch_add(1);
  if (SignalRelay* relay = relay_.load()) relay->note(signal, *info);
  handlers_.fetch_sub(1);
  host::wake_all(handlers_);
  errno = saved_errno;
}

// In a signal handler: atomics and system calls alone.
void SignalRelay::note(int signal, const siginfo_t& info) {
  if (!active_.load()) return;
  if (signal == SIGCONT) continued_.fetch_add(1);
  (info.si_code > 0 ? typed_ : sent_).fetch_or(bit(signal));
  sync::Waiter& waiter = first_->waiter();
  waiter.wake();
  first_->interrupt();
  // This is its own thread, where interrupt() expects to be seen on the way back to the guest. But
  // a call of Linux may be under way, or guest code; the signal comes when this handler returns.
  if (const pid_t thread = waiter.thread(); thread != 0) host::interrupt_thread(thread);
}

void SignalRelay::pass_on_all() {
  const uint64_t typed = typed_.exchange(0);
  const uint64_t sent = sent_.exchange(0);
  for (int signal : kSignals) {
    if ((typed & bit(signal)) != 0) pass_on_one(signal, true);
    if ((sent & bit(signal)) != 0) pass_on_one(signal, false);
  }
}

void SignalRelay::pass_on_one(int signal, bool typed) {
  const pid_t foreground = typed ? tree_.root_foreground() : 0;
  if (foreground != 0) {
    tree_.signal_group(foreground, signal);
    return;
  }
  const std::shared_ptr<Cage> root = tree_.root();
  if (root == nullptr) return;
  // A shell continues jobs, which are groups.
  const Result<pid_t> group = tree_.group(*root, root->pid());
  if (signal == SIGCONT && group.ok()) {
    tree_.signal_group(group.value(), signal);
    return;
  }
  // From a process that no cage knows.
  static_cast<void>(root->signals().send(signal::sent_info(signal, SI_USER, 0, 0)));
}

void SignalRelay::first_stopped(int signal) {
  stop_process(signal);
  sent_.fetch_or(bit(SIGCONT));
  pass_on();
}

bool SignalRelay::stop_process(int signal) {
  if (!active()) return false;
  const uint32_t before = continued_.load();
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  struct sigaction ours {};
  sigset_t only;
  sigset_t mask;
  sigemptyset(&only);
  sigaddset(&only, signal);
  host::signal_action(signal, &standard, &ours);
  pthread_sigmask(SIG_UNBLOCK, &only, &mask);
  // The terminal's own go to the whole group, in which there may be a shell that waits.
  kill(signal == SIGTTIN || signal == SIGTTOU ? 0 : getpid(), signal);
  pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  if (signal != SIGSTOP) host::signal_action(signal, &ours, nullptr);
  return continued_.load() != before;
}

}  // namespace rawposix::cage
