// SPDX-License-Identifier: Apache-2.0
// signalfd(2): signals as records to be read. Whose signals is decided by who reads, as on Linux
// (fs/signalfd.c), not by who made it.
#pragma once

#include <atomic>

#include "fs/anonymous_file.h"
#include "signal/signal_set.h"

namespace rawposix::cage {

class SignalFile final : public fs::AnonymousFile {
 public:
  SignalFile(signal::SignalSet wanted, int flags)
      : AnonymousFile(fs::FileKind::kSignals, flags), wanted_(wanted.raw()) {}

  void set_wanted(signal::SignalSet wanted) { wanted_.store(wanted.raw()); }
  signal::SignalSet wanted() const { return signal::SignalSet::from_raw(wanted_.load()); }

  Result<int64_t> seek(int64_t /*offset*/, int /*whence*/) override { return 0; }  // noop_llseek()

  // For tasks' waiters only.
  Result<size_t> read(sync::Waiter& waiter, fs::Vectors to) override;
  int16_t ready(sync::Waiter& waiter, int16_t events) override;
  sync::WaitQueue* readiness(sync::Waiter& waiter) override;

 private:
  std::atomic<uint64_t> wanted_;
};

}  // namespace rawposix::cage
