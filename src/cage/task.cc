// SPDX-License-Identifier: Apache-2.0
#include "cage/task.h"

#include <unistd.h>

#include "sfi/run.h"

namespace rawposix::cage {

Task::Task(Cage& cage, pid_t tid, Tracer* tracer)
    : cage_(cage), tid_(tid), observed_(tracer != nullptr), tracer_(tracer) {
  sfi::initialize(context_, cage.memory().base());
  context_.owner = this;
}

void Task::run() {
  host_thread_.store(gettid(), std::memory_order_release);
  if (!cage_.exiting()) sfi::run(context_);
  host_thread_.store(0, std::memory_order_release);
}

void Task::interrupt() { sfi::interrupt(context_, host_thread_.load(std::memory_order_acquire)); }

}  // namespace rawposix::cage
