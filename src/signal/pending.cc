// SPDX-License-Identifier: Apache-2.0
#include "signal/pending.h"

#include <algorithm>

#include "signal/siginfo.h"
#include "support/check.h"

namespace rawposix::signal {

Result<> PendingSignals::add(const abi::Siginfo& info, size_t limit) {
  const int signal = info.signal;
  CHECK(is_signal(signal));
  if (signal < kFirstRealTime && set_.has(signal)) return {};
  // kernel/signal.c, __send_signal_locked().
  const bool unlimited = signal < kFirstRealTime && info.code >= 0;
  if (!unlimited && queued_.load(std::memory_order_relaxed) >= limit) {
    // Of real-time signals only kill()'s and the kernel's get through.
    if (signal >= kFirstRealTime && info.code != SI_USER && info.code != SI_KERNEL) {
      return Errno(EAGAIN);
    }
    set_.add(signal);
    return {};
  }
  append({info, false});
  return {};
}

// Counted all the same, so that timers which come and go leave no more behind than the limit lets
// timers be made.
void PendingSignals::add_of_timer(const abi::Siginfo& info) { append({info, true}); }

void PendingSignals::append(const Entry& entry) {
  CHECK(is_signal(entry.info.signal));
  if (queues_ == nullptr) queues_ = std::make_unique<Queues>();
  (*queues_)[static_cast<size_t>(entry.info.signal) - 1].entries.push_back(entry);
  set_.add(entry.info.signal);
  count_++;
  queued_.fetch_add(1, std::memory_order_relaxed);
}

bool PendingSignals::has_of_timer(int signal, int timer) const {
  if (!set_.has(signal) || queues_ == nullptr) return false;
  const Queue& queue = (*queues_)[static_cast<size_t>(signal) - 1];
  return std::any_of(queue.entries.begin() + static_cast<ptrdiff_t>(queue.first),
                     queue.entries.end(), [timer](const Entry& entry) {
                       return entry.of_timer && static_cast<int>(entry.info.fields[0]) == timer;
                     });
}

void PendingSignals::note_taken(size_t entries) {
  count_ -= entries;
  queued_.fetch_sub(entries, std::memory_order_relaxed);
}

std::optional<abi::Siginfo> PendingSignals::take(SignalSet wanted) {
  SignalSet candidates = set_ & wanted;
  if (candidates.empty()) return std::nullopt;
  SignalSet urgent = candidates & kSynchronous;
  const int signal = (urgent.empty() ? candidates : urgent).first();
  Queue* queue = queues_ == nullptr ? nullptr : &(*queues_)[static_cast<size_t>(signal) - 1];
  if (queue == nullptr || queue->entries.empty()) {
    // Sent when there was no room: nothing is known of it.
    set_.remove(signal);
    return plain_info(signal, SI_USER);
  }
  const abi::Siginfo info = queue->entries[queue->first++].info;
  note_taken(1);
  if (queue->first == queue->entries.size()) {
    queue->entries.clear();
    queue->first = 0;
    set_.remove(signal);
  } else if (queue->first * 2 > queue->entries.size()) {
    queue->entries.erase(queue->entries.begin(),
                         queue->entries.begin() + static_cast<ptrdiff_t>(queue->first));
    queue->first = 0;
  }
  return info;
}

void PendingSignals::remove(SignalSet signals) {
  for (SignalSet left = set_ & signals; !left.empty(); left.remove(left.first())) {
    if (queues_ == nullptr) continue;
    Queue& queue = (*queues_)[static_cast<size_t>(left.first()) - 1];
    note_taken(queue.entries.size() - queue.first);
    queue = Queue();
  }
  set_ = set_ & ~signals;
}

}  // namespace rawposix::signal
