// SPDX-License-Identifier: Apache-2.0
#include "sync/waiter.h"

#include "host/thread.h"
#include "host/wait.h"

namespace rawposix::sync {

void Waiter::attach() { thread_.store(host::current_thread(), std::memory_order_release); }

// The order of the two sides is what keeps a wake() from being lost: here the place is set before
// the events are looked at, there the events before the place.
Result<> Waiter::park(const Deadline& deadline) {
  place_.store(Place::kParked, std::memory_order_seq_cst);
  Result<> outcome;
  while (true) {
    uint32_t seen = events_.load(std::memory_order_seq_cst);
    if ((seen & kWoken) != 0) {
      events_.fetch_and(~kWoken, std::memory_order_acq_rel);
      break;
    }
    if ((seen & kInterrupted) != 0) {
      outcome = kRestart;
      break;
    }
    Result<> slept = deadline.is_set()
                         ? host::wait_until(events_, seen, deadline.clock(), deadline.time())
                         : host::wait_while(events_, seen);
    if (!slept.ok() && slept.error() == Errno(ETIMEDOUT)) {
      outcome = Errno(ETIMEDOUT);
      break;
    }
  }
  place_.store(Place::kElsewhere, std::memory_order_release);
  return outcome;
}

void Waiter::park_uninterrupted() {
  place_.store(Place::kParked, std::memory_order_seq_cst);
  while (true) {
    uint32_t seen = events_.load(std::memory_order_seq_cst);
    if ((seen & kWoken) != 0) break;
    static_cast<void>(host::wait_while(events_, seen));
  }
  events_.fetch_and(~kWoken, std::memory_order_acq_rel);
  place_.store(Place::kElsewhere, std::memory_order_release);
}

void Waiter::wake() {
  if ((events_.fetch_or(kWoken, std::memory_order_seq_cst) & kWoken) != 0) return;
  switch (place_.load(std::memory_order_seq_cst)) {
    case Place::kElsewhere:
      return;
    case Place::kParked:
      host::wake_all(events_);
      return;
    case Place::kInHostCall:
      signal_thread();
      return;
  }
}

bool Waiter::interrupt() {
  events_.fetch_or(kInterrupted, std::memory_order_seq_cst);
  if (place_.load(std::memory_order_seq_cst) != Place::kParked) return false;
  host::wake_all(events_);
  return true;
}

void Waiter::signal_thread() const {
  pid_t thread = this->thread();
  if (thread != 0) host::interrupt_thread(thread);
}

}  // namespace rawposix::sync
