// SPDX-License-Identifier: Apache-2.0
// One thread of execution of a cage. Its own thread alone uses it, but for interrupt().
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string_view>

#include "cage/cage.h"
#include "sfi/context.h"

namespace rawposix::cage {

// Told of every system call of a task that is traced.
class Tracer {
 public:
  virtual ~Tracer() = default;
  // One finished line of the trace, without a newline. May be called by several tasks at once.
  virtual void line(pid_t tid, std::string_view text) = 0;
};

class Task {
 public:
  Task(Cage& cage, pid_t tid, Tracer* tracer);
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  Cage& cage() const { return cage_; }
  pid_t tid() const { return tid_; }
  mm::GuestMemory memory() const { return cage_.memory(); }
  sfi::Context& context() { return context_; }
  const sfi::Context& context() const { return context_; }

  // Whether calls are traced or counted; kept in one flag for the fast path.
  bool observed() const { return observed_; }
  void count_calls() { observed_ = true; }
  Tracer* tracer() const { return tracer_; }

  // The guest's set_tid_address() and set_robust_list(), for the end of the task.
  uint64_t clear_child_tid = 0;
  uint64_t robust_list = 0;

  // CPU time that the task has used, in nanoseconds. From its own thread.
  Result<int64_t> cpu_time_ns() const;

  // Runs guest code on the calling thread until the task ends.
  void run();
  // From any thread: makes the task look at its cage's state soon.
  void interrupt();

 private:
  Cage& cage_;
  const pid_t tid_;
  bool observed_;
  Tracer* const tracer_;
  std::atomic<pid_t> host_thread_{0};
  int64_t cpu_time_before_ns_ = 0;  // of the host thread, when the task began
  sfi::Context context_;
};

}  // namespace rawposix::cage
