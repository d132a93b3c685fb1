// SPDX-License-Identifier: Apache-2.0
#include "cage/task.h"

#include <unistd.h>

#include <csignal>
#include <ctime>

#include "sfi/run.h"

namespace rawposix::cage {

Task::Task(Cage& cage, pid_t tid, Tracer* tracer)
    : cage_(cage), tid_(tid), observed_(tracer != nullptr), tracer_(tracer) {
  sfi::initialize(context_, cage.memory().base());
  context_.owner = this;
}

namespace {

// Signals that Linux sends to a thread for what it writes. They are about the guest, whose calls see
// the errors EPIPE and EFBIG, so they must not reach the host process.
class WriteSignalsBlocked {
 public:
  WriteSignalsBlocked() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGPIPE);
    sigaddset(&signals_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signals_, &previous_);
  }
  ~WriteSignalsBlocked() {
    const timespec at_once{};
    while (sigtimedwait(&signals_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

 private:
  sigset_t signals_{};
  sigset_t previous_{};
};

}  // namespace

void Task::run() {
  WriteSignalsBlocked blocked;
  host_thread_.store(gettid(), std::memory_order_release);
  if (!cage_.exiting()) sfi::run(context_);
  host_thread_.store(0, std::memory_order_release);
}

void Task::interrupt() { sfi::interrupt(context_, host_thread_.load(std::memory_order_acquire)); }

}  // namespace rawposix::cage
