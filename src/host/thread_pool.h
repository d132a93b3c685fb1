// SPDX-License-Identifier: Apache-2.0
// Host threads that do one job after another: making a thread costs more than most short programs
// run. Signals meant for the process are blocked in them, so that its handlers never run where
// guest code may be. Thread-safe. Lock order: kThreadPool, a leaf.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "support/mutex.h"
#include "support/result.h"

namespace rawposix::host {

class ThreadPool {
 public:
  struct Job {
    void (*function)(void* argument);
    void* argument;
  };

  // At most `most_idle` threads are kept without a job.
  explicit ThreadPool(size_t most_idle = 256) : most_idle_(most_idle) {}
  // Every job must be done. Waits for the threads to end.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Has a thread do the job soon. EAGAIN if the host gives no more threads.
  Result<> start(Job job) EXCLUDES(mutex_);

 private:
  struct First;
  struct Worker {
    std::atomic<uint32_t> posted{0};  // waited on
    Job job{};
  };

  static void* main(void* argument);
  void work(Job job);
  bool rest(Worker& worker) EXCLUDES(mutex_);
  Result<> add_thread(Job job);

  const size_t most_idle_;
  Mutex mutex_{LockRank::kThreadPool};
  // Used last first, while stacks and caches are warm.
  std::vector<Worker*> idle_ GUARDED_BY(mutex_);
  bool closing_ GUARDED_BY(mutex_) = false;
  std::atomic<uint32_t> threads_{0};  // waited on by the destructor
};

}  // namespace rawposix::host
