// SPDX-License-Identifier: Apache-2.0
#include "cage/task.h"

#include <unistd.h>

#include <csignal>
#include <ctime>

#include "host/clock.h"
#include "sfi/run.h"

namespace rawposix::cage {

Task::Task(Cage& cage, pid_t tid, Tracer* tracer)
    : cage_(cage), tid_(tid), observed_(tracer != nullptr), tracer_(tracer) {
  sfi::initialize(context_, cage.memory().base());
  context_.owner = this;
}

namespace {

// Signals that Linux sends for what a thread does with files and terminals. They are about the
// guest, whose calls see the errors EPIPE, EFBIG and EIO, so they must not end or stop the host.
class FileSignalsBlocked {
 public:
  FileSignalsBlocked() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGPIPE);
    sigaddset(&signals_, SIGXFSZ);
    sigaddset(&signals_, SIGTTOU);
    sigaddset(&signals_, SIGTTIN);
    pthread_sigmask(SIG_BLOCK, &signals_, &previous_);
  }
  ~FileSignalsBlocked() {
    const timespec at_once{};
    while (sigtimedwait(&signals_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  }

 private:
  sigset_t signals_{};
  sigset_t previous_{};
};

Result<int64_t> host_thread_cpu_time_ns() {
  timespec time = TRY(host::now(CLOCK_THREAD_CPUTIME_ID));
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<int64_t> Task::cpu_time_ns() const {
  int64_t now_ns = TRY(host_thread_cpu_time_ns());
  return now_ns - cpu_time_before_ns_;
}

void Task::run() {
  FileSignalsBlocked blocked;
  cpu_time_before_ns_ = host_thread_cpu_time_ns().value_or(0);
  host_thread_.store(gettid(), std::memory_order_release);
  if (!cage_.exiting()) sfi::run(context_);
  host_thread_.store(0, std::memory_order_release);
}

void Task::interrupt() { sfi::interrupt(context_, host_thread_.load(std::memory_order_acquire)); }

}  // namespace rawposix::cage
