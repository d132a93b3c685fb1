// SPDX-License-Identifier: Apache-2.0
// Signals that were sent to a task, or to a cage, and not taken yet (kernel/signal.c,
// struct sigpending). Below 32 a signal is pending once, but for those of timers, each of which has
// an entry of its own; real-time signals queue up in order. Not thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "abi/signal.h"
#include "signal/signal_set.h"
#include "support/result.h"

namespace rawposix::signal {

// Entries of a user's queues altogether.
using QueuedSignals = std::atomic<size_t>;

// Room for one entry, held for as long as something may send it (timer_create(2)).
class QueuedEntry {
 public:
  // EAGAIN if the user has `limit` already.
  static Result<QueuedEntry> take(QueuedSignals& queued, size_t limit) {
    if (queued.load(std::memory_order_relaxed) >= limit) return Errno(EAGAIN);
    queued.fetch_add(1, std::memory_order_relaxed);
    return QueuedEntry(queued);
  }
  QueuedEntry() = default;
  QueuedEntry(QueuedEntry&& other) noexcept : queued_(std::exchange(other.queued_, nullptr)) {}
  QueuedEntry& operator=(QueuedEntry&& other) noexcept {
    std::swap(queued_, other.queued_);
    return *this;
  }
  ~QueuedEntry() {
    if (queued_ != nullptr) queued_->fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  explicit QueuedEntry(QueuedSignals& queued) : queued_(&queued) {}
  QueuedSignals* queued_ = nullptr;
};

class PendingSignals {
 public:
  // Counts its entries in `queued`, too, which must outlive it.
  explicit PendingSignals(QueuedSignals& queued) : queued_(queued) {}
  ~PendingSignals() { queued_.fetch_sub(count_, std::memory_order_relaxed); }
  PendingSignals(const PendingSignals&) = delete;
  PendingSignals& operator=(const PendingSignals&) = delete;

  SignalSet set() const { return set_; }
  // Whether a timer's signal is among them (timer_create(2)).
  bool has_of_timer(int signal, int timer) const;
  size_t count() const { return count_; }

  // `limit` is how many entries the user may have (RLIMIT_SIGPENDING). Beyond it, EAGAIN for
  // real-time signals that sigqueue() sends; others are pending all the same, without details
  // unless they are of the kernel's or of kill() and below 32.
  Result<> add(const abi::Siginfo& info, size_t limit);
  // A timer's, for which there is always room.
  void add_of_timer(const abi::Siginfo& info);

  // Removes and returns the signal of the set that is to be delivered next.
  std::optional<abi::Siginfo> take(SignalSet wanted);
  void remove(SignalSet signals);

 private:
  struct Entry {
    abi::Siginfo info;
    bool of_timer;  // which its code doesn't prove: who sends may choose that
  };
  struct Queue {
    std::vector<Entry> entries;
    size_t first = 0;  // before it: taken
  };
  using Queues = std::array<Queue, kSignals>;

  void append(const Entry& entry);
  void note_taken(size_t entries);

  QueuedSignals& queued_;
  SignalSet set_;
  size_t count_ = 0;
  std::unique_ptr<Queues> queues_;  // most tasks never get a signal
};

}  // namespace rawposix::signal
