// SPDX-License-Identifier: Apache-2.0
// Lets the first cage of a world stand for the host process: what that is sent, the cage gets, and
// when the cage stops, the process stops. What the terminal sends (^C, ^Z, a new size) goes to the
// terminal's foreground group.
//
// A handler notes the signals and gets the first task out of whatever it does; whichever task comes
// by first passes them on (attend.cc).
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>

#include "support/result.h"

namespace rawposix::cage {

class ProcessTree;
class Task;

class SignalRelay {
 public:
  // Those that users and their shells send.
  static constexpr std::array kSignals = {SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1, SIGUSR2,
                                          SIGALRM, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH};

  explicit SignalRelay(ProcessTree& tree) : tree_(tree) {}
  ~SignalRelay();
  SignalRelay(const SignalRelay&) = delete;
  SignalRelay& operator=(const SignalRelay&) = delete;

  // Takes over the signals of this process that it doesn't ignore. The caller's thread is to run
  // `first`, is the one that the host's signals go to, and calls stop() before the task is gone.
  // EBUSY: another world has them.
  Result<> start(Task& first);
  // What has not been passed on is dropped, as is what still comes: the first cage has ended. Other
  // tasks may still come by.
  void stop();
  // After stop(): leaves the signals to whoever had them before.
  void give_back();
  bool active() const { return active_.load(std::memory_order_acquire); }

  // Passes on what has come. Cheap if there is nothing.
  void pass_on() {
    if (sent_.load(std::memory_order_acquire) != 0 || typed_.load(std::memory_order_acquire) != 0) {
      pass_on_all();
    }
  }

  // Stops the host process as an unhandled `signal` would, so until its parent continues it. True
  // if it has stopped: Linux lets only those stop whom somebody can continue.
  bool stop_process(int signal);

 private:
  static void on_signal(int signal, siginfo_t* info, void* context);
  static std::atomic<SignalRelay*> relay_;
  static std::atomic<uint32_t> handlers_;  // that are running, on whatever thread
  void note(int signal, const siginfo_t& info);
  void pass_on_all();
  void pass_on_one(int signal, bool typed);
  void first_stopped(int signal);
  void install(size_t index);
  void ignore(int signal);
  void inherit_ignored();

  ProcessTree& tree_;
  Task* first_ = nullptr;  // for the handler alone
  std::atomic<bool> active_{false};
  std::array<struct sigaction, kSignals.size()> before_{};
  std::atomic<uint64_t> sent_{0};       // by other processes; a bit for each signal
  std::atomic<uint64_t> typed_{0};      // by the terminal
  std::atomic<uint32_t> continued_{0};  // how often the process was
};

}  // namespace rawposix::cage
