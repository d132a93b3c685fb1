// SPDX-License-Identifier: Apache-2.0
#include "cage/signal_file.h"

#include <span>

#include "cage/task.h"
#include "fs/vector_cursor.h"
#include "signal/siginfo.h"

namespace rawposix::cage {

Result<size_t> SignalFile::read(sync::Waiter& waiter, fs::Vectors to) {
  Task& task = Task::of(waiter);
  Signals& signals = task.cage().signals();
  fs::VectorCursor cursor(to);
  size_t room = cursor.left() / sizeof(abi::SignalfdSiginfo);
  if (room == 0) return Errno(EINVAL);
  sync::WaitQueue::Entry entry(signals.arrivals(), waiter);
  size_t done = 0;
  while (room > 0) {
    std::optional<abi::Siginfo> info = signals.take_unasked(task, wanted());
    if (!info && done > 0) break;
    if (!info) {
      if (!waits()) return Errno(EAGAIN);
      TRY(waiter.park());
      continue;
    }
    const abi::SignalfdSiginfo record = signal::record_of(*info);
    if (cursor.fill(std::as_bytes(std::span(&record, 1))) < sizeof record) {
      return done > 0 ? Result<size_t>(done) : Errno(EFAULT);
    }
    done += sizeof record;
    room--;
  }
  return done;
}

int16_t SignalFile::ready(sync::Waiter& waiter, int16_t events) {
  const Task& task = Task::of(waiter);
  const bool any = !(task.cage().signals().sent(task) & wanted()).empty();
  return any ? static_cast<int16_t>(events & POLLIN) : int16_t{0};
}

sync::WaitQueue* SignalFile::readiness(sync::Waiter& waiter) {
  return &Task::of(waiter).cage().signals().arrivals();
}

}  // namespace rawposix::cage
