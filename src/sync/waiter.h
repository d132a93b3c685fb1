// SPDX-License-Identifier: Apache-2.0
// How a task waits: for other tasks in park(), for Linux in host_call(). Both end when somebody
// wakes the task or interrupts it (a signal, the end of its cage). One for each task.
//
//   WaitQueue::Entry entry(queue, waiter);      // from here on no wake() is lost
//   while (!condition()) TRY(waiter.park(deadline));
//
// wake() and interrupt() may be called by any thread, and hold no lock of the caller's for long.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

#include "host/blocking_call.h"
#include "support/result.h"
#include "sync/deadline.h"
#include "sync/restart.h"

namespace rawposix::sync {

class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // --- Its own thread ---
  // The calling thread is the one that waits from now on.
  void attach();
  void detach() { thread_.store(0, std::memory_order_release); }

  // Sleeps until wake(), perhaps without one. kRestart when interrupted, ETIMEDOUT.
  Result<> park(const Deadline& deadline = {});
  // The same for waits that must not be cut short: interruptions stay for later.
  void park_uninterrupted();

  // Calls Linux where it may wait. `call(stop)` is to use host_blocking_call(). An EINTR that is
  // not an interruption goes on; one that is becomes kRestart.
  template <class Call>
  auto host_call(Call call) -> decltype(call(std::declval<const host::StopWord&>()));
  // The same where wake() is to end the call as well: then EINTR.
  template <class Call>
  auto host_call_or_wake(Call call) -> decltype(call(std::declval<const host::StopWord&>()));

  bool interrupted() const { return (events_.load(std::memory_order_acquire) & kInterrupted) != 0; }
  void clear_interrupt() { events_.fetch_and(~kInterrupted, std::memory_order_seq_cst); }
  // Forgets a wake() that was for an earlier wait.
  void clear_wake() { events_.fetch_and(~kWoken, std::memory_order_seq_cst); }

  // --- Any thread ---
  void wake();
  // Whoever interrupts a task that may be running guest code has that stopped as well
  // (sfi::interrupt()). True if the thread is parked, so that this suffices.
  bool interrupt();
  // The host's number of the thread that waits here, 0 if there is none.
  pid_t thread() const { return thread_.load(std::memory_order_acquire); }

 private:
  static constexpr uint32_t kWoken = 1;
  static constexpr uint32_t kInterrupted = 2;
  enum class Place : uint32_t { kElsewhere, kParked, kInHostCall };

  void signal_thread() const;

  host::StopWord events_{0};
  std::atomic<Place> place_{Place::kElsewhere};
  std::atomic<pid_t> thread_{0};
};

template <class Call>
auto Waiter::host_call(Call call) -> decltype(call(std::declval<const host::StopWord&>())) {
  while (true) {
    auto outcome = call(events_);
    if (outcome.ok() || outcome.error() != Errno(EINTR)) [[likely]]
      return outcome;
    if (interrupted()) return kRestart;
    clear_wake();
  }
}

template <class Call>
auto Waiter::host_call_or_wake(Call call) -> decltype(call(std::declval<const host::StopWord&>())) {
  place_.store(Place::kInHostCall, std::memory_order_seq_cst);
  auto outcome = call(events_);
  place_.store(Place::kElsewhere, std::memory_order_seq_cst);
  if (!outcome.ok() && outcome.error() == Errno(EINTR) && interrupted()) return kRestart;
  return outcome;
}

}  // namespace rawposix::sync
