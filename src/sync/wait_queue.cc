// SPDX-License-Identifier: Apache-2.0
#include "sync/wait_queue.h"

namespace rawposix::sync {

WaitQueue::Entry::Entry(WaitQueue& queue, Waiter& waiter) : queue_(queue), waiter_(waiter) {
  MutexLock lock(queue_.mutex_);
  next_ = queue_.first_;
  if (next_ != nullptr) next_->previous_ = this;
  queue_.first_ = this;
  queue_.entries_.fetch_add(1, std::memory_order_seq_cst);
}

WaitQueue::Entry::~Entry() {
  MutexLock lock(queue_.mutex_);
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    queue_.first_ = next_;
  }
  if (next_ != nullptr) next_->previous_ = previous_;
  queue_.entries_.fetch_sub(1, std::memory_order_relaxed);
}

void WaitQueue::wake_all() {
  // Changes nothing, but is ordered with those of Entry: whoever enters after it sees the change.
  // (A fence and a load would do, too, but ThreadSanitizer knows no fences.)
  if (entries_.fetch_add(0, std::memory_order_seq_cst) == 0) return;
  MutexLock lock(mutex_);
  for (Entry* entry = first_; entry != nullptr; entry = entry->next_) entry->waiter_.wake();
}

}  // namespace rawposix::sync
