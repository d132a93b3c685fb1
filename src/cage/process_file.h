// SPDX-License-Identifier: Apache-2.0
// pidfd_open(2): a cage as an open file, readable once it has ended. Refers to that cage for ever,
// whoever gets its number.
#pragma once

#include <memory>

#include "cage/cage.h"
#include "fs/anonymous_file.h"

namespace rawposix::cage {

class ProcessFile final : public fs::AnonymousFile {
 public:
  ProcessFile(std::shared_ptr<Cage> cage, int flags)
      : AnonymousFile(fs::FileKind::kProcess, flags), cage_(std::move(cage)) {}

  // EBADF for other files.
  static Result<ProcessFile*> of(fs::File& file) {
    if (!file.is(fs::FileKind::kProcess)) return Errno(EBADF);
    return static_cast<ProcessFile*>(&file);
  }

  const std::shared_ptr<Cage>& cage() const { return cage_; }
  // Its number may be another's by now.
  bool reaped() const { return cage_->world().tree().find(cage_->pid()) != cage_; }
  using AnonymousFile::waits;

  int16_t ready(sync::Waiter& /*waiter*/, int16_t events) override {
    if (!cage_->ended()) return 0;
    return static_cast<int16_t>((events & (POLLIN | POLLRDNORM)) | (reaped() ? POLLHUP : 0));
  }
  sync::WaitQueue* readiness(sync::Waiter& /*waiter*/) override { return &cage_->tasks_changed(); }

 private:
  const std::shared_ptr<Cage> cage_;
};

}  // namespace rawposix::cage
