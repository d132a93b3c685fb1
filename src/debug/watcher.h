// SPDX-License-Identifier: Apache-2.0
// Listens to gdb while the task runs: a thread that interrupts it when something comes, be it ^C or
// the end of the connection. It reads nothing.
#pragma once

#include <atomic>
#include <thread>

#include "cage/task.h"
#include "support/unique_fd.h"

namespace rawposix::debug {

class Watcher {
 public:
  explicit Watcher(cage::Task& task) : task_(task) {}
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher();

  // From here until pause() the task is interrupted when `fd` becomes readable, again and again:
  // a system call that is about to wait may miss a single interruption.
  void watch(int fd);
  void pause();

 private:
  void start();
  void loop();
  void wake();

  cage::Task& task_;
  UniqueFd event_;
  std::thread thread_;
  std::atomic<int> watched_{-1};
  std::atomic<bool> stopping_{false};
};

}  // namespace rawposix::debug
