// SPDX-License-Identifier: Apache-2.0
#include "host/thread_pool.h"

#include <pthread.h>

#include <csignal>

#include "host/thread.h"
#include "host/wait.h"

namespace rawposix::host {
namespace {

// Handlers of system calls are shallow; paths and tables live on the heap.
constexpr size_t kStackSize = 256 * 1024;

// Everything but what a thread brings upon itself, and the signal that interrupts it.
void block_process_signals() {
  sigset_t signals;
  sigfillset(&signals);
  for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, kInterruptSignal}) {
    sigdelset(&signals, own);
  }
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
}

}  // namespace

Result<> ThreadPool::start(Job job) {
  Worker* worker = nullptr;
  {
    MutexLock lock(mutex_);
    if (!idle_.empty()) {
      worker = idle_.back();
      idle_.pop_back();
    }
  }
  if (worker == nullptr) return add_thread(job);
  worker->job = job;
  worker->posted.store(1, std::memory_order_release);
  wake_all(worker->posted);
  return {};
}

// What a thread begins with. Its own: were it to take one of several, a job could be done whose
// start has failed.
struct ThreadPool::First {
  ThreadPool& pool;
  Job job;
};

Result<> ThreadPool::add_thread(Job job) {
  auto first = std::make_unique<First>(First{*this, job});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackSize);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  threads_.fetch_add(1, std::memory_order_relaxed);
  // Blocked from the start: the new thread inherits the mask.
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  block_process_signals();
  pthread_t thread;
  int error = pthread_create(&thread, &attributes, &ThreadPool::main, first.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error == 0) {
    static_cast<void>(first.release());  // the thread's now
    return {};
  }
  threads_.fetch_sub(1, std::memory_order_relaxed);
  return Errno(EAGAIN);
}

void* ThreadPool::main(void* argument) {
  std::unique_ptr<First> first(static_cast<First*>(argument));
  ThreadPool& self = first->pool;
  const Job job = first->job;
  first.reset();
  self.work(job);
  // The last touch of the pool: its destructor waits for this.
  if (self.threads_.fetch_sub(1, std::memory_order_acq_rel) == 1) wake_all(self.threads_);
  return nullptr;
}

void ThreadPool::work(Job job) {
  Worker worker;
  worker.job = job;
  do {
    worker.job.function(worker.job.argument);
  } while (rest(worker));
}

// Waits for the next job; false if there is to be none.
bool ThreadPool::rest(Worker& worker) {
  {
    MutexLock lock(mutex_);
    if (closing_ || idle_.size() >= most_idle_) return false;
    worker.posted.store(0, std::memory_order_relaxed);
    worker.job.function = nullptr;
    idle_.push_back(&worker);
  }
  while (worker.posted.load(std::memory_order_acquire) == 0) {
    static_cast<void>(wait_while(worker.posted, 0));
  }
  return worker.job.function != nullptr;
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    for (Worker* worker : idle_) {
      worker->posted.store(1, std::memory_order_release);
      wake_all(worker->posted);
    }
    idle_.clear();
  }
  for (uint32_t left; (left = threads_.load(std::memory_order_acquire)) != 0;) {
    static_cast<void>(wait_while(threads_, left));
  }
}

}  // namespace rawposix::host
